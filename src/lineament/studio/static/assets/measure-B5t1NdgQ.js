import{$ as e,A as t,C as n,H as r,I as i,J as a,K as o,O as s,R as c,W as l,_ as u,a as ee,at as te,b as ne,c as d,ct as f,ft as p,it as re,lt as m,n as ie,o as ae,p as oe,r as se,st as h,t as g,x as ce,y as le,z as _}from"./controls-NzPcXyOp.js";import{D as v,T as ue,a as de,c as fe,d as pe,g as y,h as me,i as he,o as ge,s as _e,t as ve,u as ye,v as b,w as be,y as xe}from"./LandmarkView-JBTGMNCh.js";import{c as x,d as Se,f as Ce,i as we,n as Te}from"./index-Ep8TC7TQ.js";import{a as Ee}from"./chart-DIHkQMIL.js";import{A as De,B as Oe,F as ke,Gn as Ae,In as je,Mn as Me,W as S,X as Ne,dt as Pe,er as Fe,ft as Ie,lt as Le,nr as C,o as Re,sr as ze,tr as w,z as Be}from"./three.core-BnpUysXO.js";import{t as Ve}from"./theme-Bs8obX9U.js";import{n as He,r as Ue}from"./Ramp--H5Rg-x0.js";import{n as T,r as E}from"./viewer-Rng3MznS.js";async function We(e){if(!navigator.clipboard)throw Error(`the browser does not allow copying on this page; download the table instead`);await navigator.clipboard.writeText(e),c(`Copied`)}var D=f(`points`),O=f([]),Ge=0,k=te(()=>O.value.filter(e=>e.scan===t.value?.info.id)),A=f(null),j=f(null),M=f(null);h(()=>{let e=new Set(i.value.map(e=>e.info.id)),t=O.peek().filter(t=>e.has(t.scan));t.length!==O.peek().length&&(O.value=t)});async function Ke(e,n){let r=t.peek()?.info;if(!r||r.mm_per_unit===null)return;let i={id:++Ge,scan:r.id,a:e,b:n,straight:e.at.distanceTo(n.at),surface:null,why:``,path:[],waiting:!0};O.value=[...O.value,i],A.value=i.id;try{let{reply:t,path:a}=await qe(r,e.at,n.at);Je(i.id,{straight:t.straight_mm,surface:t.surface_mm,why:t.why??``,path:a,waiting:!1})}catch(e){Je(i.id,{why:e instanceof Error?e.message:String(e),waiting:!1})}}async function qe(t,n,r){let i={a:ne(t,n),b:ne(t,r)},a=await e(`/api/scans/${t.id}/distance`,i);return{reply:a,path:a.path.map(e=>ce(t,e))}}function Je(e,t){O.value=O.value.map(n=>n.id===e?{...n,...t}:n)}function Ye(e){O.value=O.value.filter(t=>t.id!==e),A.value===e&&(A.value=null)}function Xe(){let e=new Set(k.value.map(e=>e.id));O.value=O.value.filter(t=>!e.has(t.id)),A.value=j.value=M.value=null}var N=te(()=>new Map(b.value.flatMap(e=>e.at?[[e.name,e.at]]:[]))),P=f(null),F=f(null),I=f(null),L=f(null),R=f(``);function Ze(e,n){let r=0,i=h(()=>{let i=t.value?.info,o=i?xe(i.id,`anthropometric`):null,s=++r;R.value=``,!i||!o?n.value=null:i.mm_per_unit===null?(n.value=null,R.value=`The file tells no unit, and without a face its size cannot be found out.`):a(`/api/scans/${i.id}/${e}`).then(({rows:e})=>s===r&&(n.value=e),e=>{s===r&&(n.value=null,R.value=e instanceof Error?e.message:String(e),e instanceof Error||_(e))})});return()=>{i(),r++,n.value=null}}var Qe=[`distance`,`surface distance`,`projective height`,`angle`,`inclination`,`index`],z=e=>`${e.measure}/${e.side}`;function $e(e,t){let n=t.toLowerCase().split(/\s+/).filter(Boolean),r=e=>(Qe.indexOf(e.kind)+Qe.length+1)%(Qe.length+1);return e.filter(e=>{let t=`${e.name} ${e.measure} ${e.side} ${e.kind}`.toLowerCase();return n.every(e=>t.includes(e))}).map((e,t)=>({row:e,index:t})).sort((e,t)=>r(e.row)-r(t.row)||e.index-t.index).map(({row:e})=>e)}var et={mm:`mm`,deg:`°`,"%":`%`},tt=e=>et[e]??e;function nt(e,t){let n=t!==null&&t>=10?0:1;return t===null?e.toFixed(n):`${e.toFixed(n)} ± ${t.toFixed(1)}`}var rt=.12,it=8;function at(e){if(e.value===null||e.low_90===null||e.high_90===null)return null;let t=e.unit===`deg`?it:Math.max(Math.abs(e.value)*rt,1e-9),n=n=>.5+(n-e.value)/(2*t),[r,i]=[n(e.low_90),n(e.high_90)];return{from:Math.max(r,0),to:Math.min(i,1),cut:r<0||i>1}}var ot=[`measure`,`side`,`name`,`kind`,`unit`,`value`,`standard_error`,`low_90`,`high_90`,`visible`,`note`];function st(e){let t=e=>e==null?``:String(e).replaceAll(/[\t\r\n]+/g,` `);return[ot.join(`	`),...e.map(e=>ot.map(n=>t(e[n])).join(`	`))].join(`
`)}var ct=[{title:`Measure`,cell:e=>d(`span`,{class:`measure`,title:e.measure,children:[e.name,e.side&&d(`span`,{class:`dim`,children:` ${e.side}`})]})},{title:`Value`,number:!0,cell:e=>d(ft,{row:e})},{title:`90 %`,cell:e=>d(pt,{row:e})}],lt={distance:`Distances, mm`,"surface distance":`Distances along the surface, mm`,"projective height":`Heights, mm`,angle:`Angles, °`,inclination:`Inclinations, °`,index:`Indices, %`};function ut(){let e=re(``);m(()=>Ze(`measures`,P),[]);let t=P.value;if(!t)return d(x,{children:R.value||`Measuring …`});let n=$e(t,e.value),r=t.find(e=>z(e)===I.value);return d(p,{children:[d(Se,{title:`Measures`,aside:d(p,{children:[d(g,{title:`Copy the table, with tabs`,icon:`copy`,onClick:()=>void We(st(n)).catch(_)}),d(g,{title:`Download as CSV`,icon:`download`,onClick:()=>mt()})]}),children:[d(ae,{label:`Find`,hidden:!0,type:`search`,placeholder:`Find among ${t.length} measures`,value:e.value,onInput:t=>e.value=t}),d(`p`,{class:`small dim`,children:`Value ± standard error. Pale: an inferred landmark takes part.`}),r&&d(dt,{row:r})]}),d(`div`,{class:`measures-table`,children:n.length?d(Ce,{label:`Measures`,rows:n,columns:ct,id:z,chosen:I.value,group:e=>lt[e.kind]??e.kind,onChoose:e=>{I.value=I.value===z(e)?null:z(e),I.value&&ye(e.landmarks.flatMap(e=>N.value.get(e)??[]))}}):d(x,{children:`Nothing is called so.`})})]})}function dt({row:e}){let t=e.low_90!==null&&e.high_90!==null&&`${e.low_90.toFixed(1)} to ${e.high_90.toFixed(1)} in 9 of 10`;return d(`div`,{class:`chosen`,"aria-live":`polite`,children:[d(`h3`,{class:`plain`,children:[e.name,d(`span`,{class:`dim`,children:` ${[e.side,e.measure].filter(Boolean).join(`, `)}`})]}),d(`p`,{children:[e.value===null?e.note||`not to be had`:`${nt(e.value,e.standard_error)} ${tt(e.unit)}`,t&&d(`span`,{class:`dim`,children:`, ${t}`})]}),!e.visible&&e.value!==null&&d(`p`,{class:`dim small`,children:`The scan does not show all of its landmarks.`})]})}function ft({row:e}){return e.value===null?d(`abbr`,{title:e.note,children:`none`}):d(`span`,{class:e.visible?``:`dim`,children:nt(e.value,e.standard_error)})}function pt({row:e}){let t=at(e);if(!t)return null;let n=`${e.low_90.toFixed(1)} to ${e.high_90.toFixed(1)} ${tt(e.unit)}`;return d(`svg`,{class:t.cut?`interval cut`:`interval`,viewBox:`0 0 44 12`,width:`44`,height:`12`,role:`img`,"aria-label":n,children:[d(`title`,{children:n}),d(`line`,{class:`track`,x1:`0`,x2:`44`,y1:`6`,y2:`6`}),d(`line`,{class:`span`,x1:t.from*44,x2:t.to*44,y1:`6`,y2:`6`}),d(`line`,{class:`value`,x1:`22`,x2:`22`,y1:`2`,y2:`10`})]})}function mt(){let e=t.value?.info;if(!e)return;let n=document.createElement(`a`);n.href=`/api/scans/${e.id}/measures.csv`,n.download=``,n.click()}function B(e){return e.value===null||e.by_error===null?null:e.value<=e.by_error}function ht(e){let t=e=>e.value===null?2:B(e)===!1?0:1;return[...e].sort((e,n)=>t(e)-t(n)||(n.value??0)-(e.value??0))}var V=f(`5`),gt=f(!1),H=f(null),_t=e=>e.partner?`${v(e.name)}, ${v(e.partner)}`:v(e.name),vt=[{title:`Landmarks`,cell:e=>d(`span`,{class:e.visible?``:`dim`,children:_t(e)})},{title:`mm`,number:!0,cell:e=>e.value?.toFixed(1)??``},{title:`By error`,number:!0,cell:e=>e.by_error===null?``:`≤ ${e.by_error.toFixed(1)}`},{title:`Beyond`,cell:e=>B(e)===!1?d(`span`,{class:`badge warn`,title:e.note,children:`more`}):d(`span`,{class:`unseen`,children:e.note})}];function yt(){m(()=>Ze(`asymmetry`,F),[]),m(bt,[]);let e=F.value;if(!e)return d(x,{children:R.value||`Comparing left with right …`});let n=ht(e),r=n.filter(e=>B(e)===!1).length,i=t.value?.info.stages.fit??!1;return d(p,{children:[d(Se,{title:`Asymmetry`,children:[d(`p`,{class:`small`,children:r?`${r} of ${n.length} differ by more than the errors of their landmarks explain.`:`Nothing differs by more than the errors of the landmarks explain.`}),d(`div`,{class:`inline`,children:[d(`span`,{children:`Arrows`}),d(ie,{label:`How much longer arrows are drawn`,value:V.value,choices:[`1`,`5`,`10`].map(e=>({value:e,label:`× ${e}`})),onChange:e=>V.value=e})]}),d(ee,{label:i?`Map on the fitted face`:`Map (fit a face first)`,on:gt.value&&i,disabled:!i,onChange:e=>gt.value=e})]}),d(`div`,{class:`measures-table`,children:d(Ce,{label:`Asymmetry of landmarks`,rows:n,columns:vt,id:e=>e.name,chosen:L.value,onChoose:e=>{L.value=L.value===e.name?null:e.name,L.value&&ye([e.name,e.partner].flatMap(e=>e&&N.value.get(e)||[]))}})})]})}function bt(){let e=null,i=0,a=()=>{i++;let n=t.peek()?.surface;n&&(n.root.visible=!0),e&&r.peek()?.remove(e),e?.dispose(),e=null,H.value=null,r.peek()?.invalidate()},s=h(()=>{let s=t.value,c=r.value,ee=gt.value&&s?.info.stages.fit;if(a(),!ee||!c||!s)return;let te=i;Promise.all([l(`/api/scans/${s.info.id}/fit/mesh.glb`),o(`/api/scans/${s.info.id}/values/asymmetry`)]).then(async([t,r])=>{let a=await n(t);if(te!==i)return a.dispose();e=a;let o=Ee(r).range;a.place(u(s.info)),a.setValues(r,-o,o,`diverging`),c.add(a),s.surface&&(s.surface.root.visible=!1),H.value={title:`Fuller than the other side, mm`,kind:`diverging`,low:-o,high:o},c.invalidate()}).catch(_)});return()=>{s(),a()}}var U=e=>e.name?v(e.name):`point`,xt=[{title:`Between`,cell:e=>`${U(e.a)} – ${U(e.b)}`},{title:`Straight`,number:!0,cell:e=>e.straight.toFixed(1)},{title:`Surface`,number:!0,cell:e=>e.waiting?`…`:e.surface===null?d(`abbr`,{title:e.why,children:`none`}):e.surface.toFixed(1)}];function St(){let e=k.value,n=e.find(e=>e.id===A.value);return t.value?.info.mm_per_unit===null?d(`p`,{class:`empty`,children:`The file tells no unit, and without a face its size cannot be found out: distances would mean nothing.`}):d(p,{children:[d(Se,{title:`Distances, mm`,aside:e.length>0&&d(p,{children:[d(g,{title:`Copy the table`,icon:`copy`,onClick:()=>void We(wt(e)).catch(_)}),d(g,{title:`Remove all`,icon:`trash`,onClick:Xe})]}),children:[d(`p`,{class:`hint small`,children:j.value?d(p,{children:[`Now the second point. `,d(`kbd`,{children:`Esc`}),` leaves it.`]}):d(p,{children:[`Click two points on the surface. They snap to landmarks, but not with `,d(`kbd`,{children:`Alt`}),`.`]})}),e.length>0&&d(Ce,{label:`Distances`,rows:e,columns:xt,id:e=>String(e.id),chosen:n?String(n.id):null,onChoose:e=>{A.value=e.id,ye([e.a.at,e.b.at])}}),n&&d(`div`,{class:`buttons`,children:[d(g,{icon:`trash`,keys:`delete`,onClick:()=>Ye(n.id),children:`Remove`}),n.why&&d(`span`,{class:`dim small`,children:n.why})]})]}),N.value.size>1&&d(Ct,{})]})}function Ct(){let e=b.value.filter(e=>e.at),t=re(`n`),n=re(`sn`),r=e.map(e=>({value:e.name,label:v(e.name)})),[i,a]=[t,n].map(({value:e})=>({at:N.value.get(e),name:e})),o=i?.at&&a?.at&&i.name!==a.name;return d(Se,{title:`Between landmarks`,children:d(`div`,{class:`between`,children:[d(se,{label:`From`,value:t.value,choices:r,onChange:e=>t.value=e}),d(se,{label:`To`,value:n.value,choices:r,onChange:e=>n.value=e}),d(g,{disabled:!o,onClick:()=>o&&void Ke({at:i.at,name:i.name},{at:a.at,name:a.name}),children:`Measure`})]})})}function wt(e){return[`from	to	straight_mm	surface_mm`,...e.map(e=>[U(e.a),U(e.b),e.straight.toFixed(2),e.surface?.toFixed(2)??``].join(`	`))].join(`
`)}var Tt=11,Et=class{click(e,t){if(D.peek()!==`points`)return!1;let n=Dt(e,t);if(!n)return!1;let r=j.peek();return r?(j.value=M.value=null,r.at.distanceTo(n.at)>1e-6&&Ke(r,n),!0):(j.value=n,!0)}hover(e,t){if(D.peek()!==`points`){y.value=_e(t,e,b.peek())?.name??null;return}let n=Dt(e,t);y.value=n?.name??null,M.value=n,t.canvas.style.cursor=n?`crosshair`:``}leave(){y.value=M.value=null}};function Dt(e,n){let r=t.peek()?.surface,i=e.altKey?null:_e(n,e,b.peek(),Tt);if(i)return{at:i.at,name:i.name};let a=r&&n.pick(e,[r]);return a?{at:a.point,name:null}:null}var Ot={lines:[],label:null},kt=24,At=32;function jt(e,t,n=[]){let r=e.landmarks.map(e=>t.get(e));if(r.some(e=>!e)||r.length<2)return Ot;let[i,a,o,s]=r;switch(e.kind){case`surface distance`:{let e=r.slice(1).map((e,t)=>n[t]??[r[t],e]),t=n.length>0,i=e.flat();return{lines:e.map(e=>W(e,`main`,!t)),label:i[Math.floor(i.length/2)]}}case`angle`:return{lines:[W([i,a,o]),W(Nt(a,i,o),`help`)],label:a};case`index`:return{lines:[W([i,a]),...o&&s?[W([o,s],`other`)]:[]],label:G(i,a)};case`projective height`:{let e=Mt(t),n=i.clone().addScaledVector(e,-e.dot(i.clone().sub(a)));return{lines:[W([i,n]),W([n,a],`help`,!0)],label:G(i,n)}}case`inclination`:{let e=Mt(t),n=a.clone().sub(i),r=Math.abs(n.x)>Math.hypot(n.y,n.z)*.7?new w(Math.sign(n.x)||1,0,0):e.multiplyScalar(Math.sign(e.dot(n))||1),o=i.clone().addScaledVector(r,Math.max(n.length(),At));return{lines:[W([i,a]),W([i,o],`help`,!0),W(Nt(i,a,o),`help`)],label:i}}default:return{lines:[W([i,a])],label:G(i,a)}}}var W=(e,t=`main`,n=!1)=>({points:e,role:t,dashed:n}),G=(e,t)=>e.clone().lerp(t,.5);function Mt(e){let[t,n,r,i]=[`t_l`,`t_r`,`or_l`,`or_r`].map(t=>e.get(t));return!t||!n||!r||!i?new w(0,1,0):G(r,i).sub(G(t,n)).cross(t.clone().sub(n)).normalize()}function Nt(e,t,n){let[r,i]=[t.clone().sub(e),n.clone().sub(e)],a=.45*Math.min(r.length(),i.length()),o=r.angleTo(i);if(!(o>1e-6)||!(a>0))return[];let s=r.normalize(),c=i.addScaledVector(s,-s.dot(i)).normalize();return Array.from({length:25},(t,n)=>{let r=o*n/kt;return e.clone().addScaledVector(s,a*Math.cos(r)).addScaledVector(c,a*Math.sin(r))})}var Pt=new Re,K=new w,Ft=class extends Be{constructor(){super(),this.isLineSegmentsGeometry=!0,this.type=`LineSegmentsGeometry`,this.setIndex([0,2,1,2,3,1,2,4,3,4,5,3,4,6,5,6,7,5]),this.setAttribute(`position`,new De([-1,2,0,1,2,0,-1,1,0,1,1,0,-1,0,0,1,0,0,-1,-1,0,1,-1,0],3)),this.setAttribute(`uv`,new De([-1,2,1,2,-1,1,1,1,-1,-1,1,-1,-1,-2,1,-2],2))}applyMatrix4(e){let t=this.attributes.instanceStart,n=this.attributes.instanceEnd;return t!==void 0&&(t.applyMatrix4(e),n.applyMatrix4(e),t.needsUpdate=!0),this.boundingBox!==null&&this.computeBoundingBox(),this.boundingSphere!==null&&this.computeBoundingSphere(),this}setPositions(e){let t;e instanceof Float32Array?t=e:Array.isArray(e)&&(t=new Float32Array(e));let n=new Oe(t,6,1);return this.setAttribute(`instanceStart`,new S(n,3,0)),this.setAttribute(`instanceEnd`,new S(n,3,3)),this.instanceCount=this.attributes.instanceStart.count,this.computeBoundingBox(),this.computeBoundingSphere(),this}setColors(e){let t;e instanceof Float32Array?t=e:Array.isArray(e)&&(t=new Float32Array(e));let n=new Oe(t,6,1);return this.setAttribute(`instanceColorStart`,new S(n,3,0)),this.setAttribute(`instanceColorEnd`,new S(n,3,3)),this}fromWireframeGeometry(e){return this.setPositions(e.attributes.position.array),this}fromEdgesGeometry(e){return this.setPositions(e.attributes.position.array),this}fromMesh(e){return this.fromWireframeGeometry(new ze(e.geometry)),this}fromLineSegments(e){let t=e.geometry;return this.setPositions(t.attributes.position.array),this}computeBoundingBox(){this.boundingBox===null&&(this.boundingBox=new Re);let e=this.attributes.instanceStart,t=this.attributes.instanceEnd;e!==void 0&&t!==void 0&&(this.boundingBox.setFromBufferAttribute(e),Pt.setFromBufferAttribute(t),this.boundingBox.union(Pt))}computeBoundingSphere(){this.boundingSphere===null&&(this.boundingSphere=new je),this.boundingBox===null&&this.computeBoundingBox();let e=this.attributes.instanceStart,t=this.attributes.instanceEnd;if(e!==void 0&&t!==void 0){let n=this.boundingSphere.center;this.boundingBox.getCenter(n);let r=0;for(let i=0,a=e.count;i<a;i++)K.fromBufferAttribute(e,i),r=Math.max(r,n.distanceToSquared(K)),K.fromBufferAttribute(t,i),r=Math.max(r,n.distanceToSquared(K));this.boundingSphere.radius=Math.sqrt(r),isNaN(this.boundingSphere.radius)&&console.error(`THREE.LineSegmentsGeometry.computeBoundingSphere(): Computed radius is NaN. The instanced position data is likely to have NaN values.`,this)}}toJSON(){}};E.line={worldUnits:{value:1},linewidth:{value:1},resolution:{value:new Fe},dashOffset:{value:0},dashScale:{value:1},dashSize:{value:1},gapSize:{value:1}},T.line={uniforms:Ae.merge([E.common,E.fog,E.line]),vertexShader:`
		#include <common>
		#include <color_pars_vertex>
		#include <fog_pars_vertex>
		#include <logdepthbuf_pars_vertex>
		#include <clipping_planes_pars_vertex>

		uniform float linewidth;
		uniform vec2 resolution;

		attribute vec3 instanceStart;
		attribute vec3 instanceEnd;

		attribute vec3 instanceColorStart;
		attribute vec3 instanceColorEnd;

		#ifdef WORLD_UNITS

			varying vec4 worldPos;
			varying vec3 worldStart;
			varying vec3 worldEnd;

			#ifdef USE_DASH

				varying vec2 vUv;

			#endif

		#else

			varying vec2 vUv;

		#endif

		#ifdef USE_DASH

			uniform float dashScale;
			attribute float instanceDistanceStart;
			attribute float instanceDistanceEnd;
			varying float vLineDistance;

		#endif

		float trimSegmentAlpha( const in vec4 start, const in vec4 end ) {

			// compute the interpolation factor needed to trim the segment so it terminates
			// between the camera plane and the near plane

			// conservative estimate of the near plane
			float a = projectionMatrix[ 2 ][ 2 ]; // 3nd entry in 3th column
			float b = projectionMatrix[ 3 ][ 2 ]; // 3nd entry in 4th column

			// we need different nearEstimate formula for reversed and default depth buffer
			// a is positive with a reversed depth buffer so it can be used for controlling the code flow
			float nearEstimate = ( a > 0.0 ) ? ( - b / ( a + 1.0 ) ) : ( - 0.5 * b / a );

			return ( nearEstimate - start.z ) / ( end.z - start.z );

		}

		void main() {

			#ifdef USE_COLOR

				vColor.xyz = ( position.y < 0.5 ) ? instanceColorStart : instanceColorEnd;

			#endif

			float aspect = resolution.x / resolution.y;

			// camera space
			vec4 start = modelViewMatrix * vec4( instanceStart, 1.0 );
			vec4 end = modelViewMatrix * vec4( instanceEnd, 1.0 );

			#ifdef USE_DASH

				float lineDistanceStart = dashScale * instanceDistanceStart;
				float lineDistanceEnd = dashScale * instanceDistanceEnd;

			#endif

			#ifdef WORLD_UNITS

				worldStart = start.xyz;
				worldEnd = end.xyz;

			#else

				vUv = uv;

			#endif

			// special case for perspective projection, and segments that terminate either in, or behind, the camera plane
			// clearly the gpu firmware has a way of addressing this issue when projecting into ndc space
			// but we need to perform ndc-space calculations in the shader, so we must address this issue directly
			// perhaps there is a more elegant solution -- WestLangley

			bool perspective = ( projectionMatrix[ 2 ][ 3 ] == - 1.0 ); // 4th entry in the 3rd column

			if ( perspective ) {

				if ( start.z < 0.0 && end.z >= 0.0 ) {

					float alpha = trimSegmentAlpha( start, end );
					end.xyz = mix( start.xyz, end.xyz, alpha );

					#ifdef USE_DASH

						lineDistanceEnd = mix( lineDistanceStart, lineDistanceEnd, alpha );

					#endif

				} else if ( end.z < 0.0 && start.z >= 0.0 ) {

					float alpha = trimSegmentAlpha( end, start );
					start.xyz = mix( end.xyz, start.xyz, alpha );

					#ifdef USE_DASH

						lineDistanceStart = mix( lineDistanceEnd, lineDistanceStart, alpha );

					#endif

				}

			}

			#ifdef USE_DASH

				vLineDistance = ( position.y < 0.5 ) ? lineDistanceStart : lineDistanceEnd;
				vUv = uv;

			#endif

			// clip space
			vec4 clipStart = projectionMatrix * start;
			vec4 clipEnd = projectionMatrix * end;

			// ndc space
			vec3 ndcStart = clipStart.xyz / clipStart.w;
			vec3 ndcEnd = clipEnd.xyz / clipEnd.w;

			// direction
			vec2 dir = ndcEnd.xy - ndcStart.xy;

			// account for clip-space aspect ratio
			dir.x *= aspect;
			dir = normalize( dir );

			#ifdef WORLD_UNITS

				vec3 worldDir = normalize( end.xyz - start.xyz );
				vec3 tmpFwd = perspective ? normalize( mix( start.xyz, end.xyz, 0.5 ) ) : vec3( 0.0, 0.0, - 1.0 );
				vec3 worldUp = normalize( cross( worldDir, tmpFwd ) );
				vec3 worldFwd = cross( worldDir, worldUp );
				worldPos = position.y < 0.5 ? start: end;

				// height offset
				float hw = linewidth * 0.5;
				worldPos.xyz += position.x < 0.0 ? hw * worldUp : - hw * worldUp;

				// don't extend the line if we're rendering dashes because we
				// won't be rendering the endcaps
				#ifndef USE_DASH

					// cap extension
					worldPos.xyz += position.y < 0.5 ? - hw * worldDir : hw * worldDir;

					// add width to the box
					worldPos.xyz += worldFwd * hw;

					// endcaps
					if ( position.y > 1.0 || position.y < 0.0 ) {

						worldPos.xyz -= worldFwd * 2.0 * hw;

					}

				#endif

				// project the worldpos
				vec4 clip = projectionMatrix * worldPos;

				// shift the depth of the projected points so the line
				// segments overlap neatly
				vec3 clipPose = ( position.y < 0.5 ) ? ndcStart : ndcEnd;

				// only shift the depth of vertices in front of the camera (#35137)
				if ( clip.w > 0.0 ) clip.z = clipPose.z * clip.w;

			#else

				vec2 offset = vec2( dir.y, - dir.x );
				// undo aspect ratio adjustment
				dir.x /= aspect;
				offset.x /= aspect;

				// sign flip
				if ( position.x < 0.0 ) offset *= - 1.0;

				// endcaps
				if ( position.y < 0.0 ) {

					offset += - dir;

				} else if ( position.y > 1.0 ) {

					offset += dir;

				}

				// adjust for linewidth
				offset *= linewidth;

				// adjust for clip-space to screen-space conversion // maybe resolution should be based on viewport ...
				offset /= resolution.y;

				// select end
				vec4 clip = ( position.y < 0.5 ) ? clipStart : clipEnd;

				// back to clip space
				offset *= clip.w;

				clip.xy += offset;

			#endif

			gl_Position = clip;

			vec4 mvPosition = ( position.y < 0.5 ) ? start : end; // this is an approximation

			#include <logdepthbuf_vertex>
			#include <clipping_planes_vertex>
			#include <fog_vertex>

		}
		`,fragmentShader:`
		uniform vec3 diffuse;
		uniform float opacity;
		uniform float linewidth;

		#ifdef USE_DASH

			uniform float dashOffset;
			uniform float dashSize;
			uniform float gapSize;

		#endif

		varying float vLineDistance;

		#ifdef WORLD_UNITS

			varying vec4 worldPos;
			varying vec3 worldStart;
			varying vec3 worldEnd;

			#ifdef USE_DASH

				varying vec2 vUv;

			#endif

		#else

			varying vec2 vUv;

		#endif

		#include <common>
		#include <color_pars_fragment>
		#include <fog_pars_fragment>
		#include <logdepthbuf_pars_fragment>
		#include <clipping_planes_pars_fragment>

		vec2 closestLineToLine(vec3 p1, vec3 p2, vec3 p3, vec3 p4) {

			float mua;
			float mub;

			vec3 p13 = p1 - p3;
			vec3 p43 = p4 - p3;

			vec3 p21 = p2 - p1;

			float d1343 = dot( p13, p43 );
			float d4321 = dot( p43, p21 );
			float d1321 = dot( p13, p21 );
			float d4343 = dot( p43, p43 );
			float d2121 = dot( p21, p21 );

			float denom = d2121 * d4343 - d4321 * d4321;

			float numer = d1343 * d4321 - d1321 * d4343;

			mua = numer / denom;
			mua = clamp( mua, 0.0, 1.0 );
			mub = ( d1343 + d4321 * ( mua ) ) / d4343;
			mub = clamp( mub, 0.0, 1.0 );

			return vec2( mua, mub );

		}

		void main() {

			float alpha = opacity;
			vec4 diffuseColor = vec4( diffuse, alpha );

			#include <clipping_planes_fragment>

			#ifdef USE_DASH

				if ( vUv.y < - 1.0 || vUv.y > 1.0 ) discard; // discard endcaps

				if ( mod( vLineDistance + dashOffset, dashSize + gapSize ) > dashSize ) discard; // todo - FIX

			#endif

			#ifdef WORLD_UNITS

				float len;

				if ( isOrthographic ) {

					// View rays are parallel to the z axis so the distance reduces to camera-space XY
					vec2 lineDir = worldEnd.xy - worldStart.xy;
					float t = clamp( dot( worldPos.xy - worldStart.xy, lineDir ) / dot( lineDir, lineDir ), 0.0, 1.0 );
					len = length( worldStart.xy + lineDir * t - worldPos.xy );

				} else {

					// Find the closest points on the view ray and the line segment
					vec3 rayEnd = normalize( worldPos.xyz ) * 1e5;
					vec3 lineDir = worldEnd - worldStart;
					vec2 params = closestLineToLine( worldStart, worldEnd, vec3( 0.0, 0.0, 0.0 ), rayEnd );

					vec3 p1 = worldStart + lineDir * params.x;
					vec3 p2 = rayEnd * params.y;
					vec3 delta = p1 - p2;
					len = length( delta );

				}

				float norm = len / linewidth;

				#ifndef USE_DASH

					#ifdef USE_ALPHA_TO_COVERAGE

						float dnorm = fwidth( norm );
						alpha = 1.0 - smoothstep( 0.5 - dnorm, 0.5 + dnorm, norm );

					#else

						if ( norm > 0.5 ) {

							discard;

						}

					#endif

				#endif

			#else

				#ifdef USE_ALPHA_TO_COVERAGE

					// artifacts appear on some hardware if a derivative is taken within a conditional
					float a = vUv.x;
					float b = ( vUv.y > 0.0 ) ? vUv.y - 1.0 : vUv.y + 1.0;
					float len2 = a * a + b * b;
					float dlen = fwidth( len2 );

					if ( abs( vUv.y ) > 1.0 ) {

						alpha = 1.0 - smoothstep( 1.0 - dlen, 1.0 + dlen, len2 );

					}

				#else

					if ( abs( vUv.y ) > 1.0 ) {

						float a = vUv.x;
						float b = ( vUv.y > 0.0 ) ? vUv.y - 1.0 : vUv.y + 1.0;
						float len2 = a * a + b * b;

						if ( len2 > 1.0 ) discard;

					}

				#endif

			#endif

			#include <logdepthbuf_fragment>
			#include <color_fragment>

			gl_FragColor = vec4( diffuseColor.rgb, alpha );

			#include <tonemapping_fragment>
			#include <colorspace_fragment>
			#include <fog_fragment>
			#include <premultiplied_alpha_fragment>

		}
		`};var It=class extends Me{constructor(e){super({type:`LineMaterial`,uniforms:Ae.clone(T.line.uniforms),vertexShader:T.line.vertexShader,fragmentShader:T.line.fragmentShader,clipping:!0}),this.isLineMaterial=!0,this.setValues(e)}get color(){return this.uniforms.diffuse.value}set color(e){this.uniforms.diffuse.value=e}get worldUnits(){return`WORLD_UNITS`in this.defines}set worldUnits(e){e===!0!==this.worldUnits&&(this.needsUpdate=!0),e===!0?this.defines.WORLD_UNITS=``:delete this.defines.WORLD_UNITS}get linewidth(){return this.uniforms.linewidth.value}set linewidth(e){this.uniforms.linewidth&&(this.uniforms.linewidth.value=e)}get dashed(){return`USE_DASH`in this.defines}set dashed(e){e===!0!==this.dashed&&(this.needsUpdate=!0),e===!0?this.defines.USE_DASH=``:delete this.defines.USE_DASH}get dashScale(){return this.uniforms.dashScale.value}set dashScale(e){this.uniforms.dashScale.value=e}get dashSize(){return this.uniforms.dashSize.value}set dashSize(e){this.uniforms.dashSize.value=e}get dashOffset(){return this.uniforms.dashOffset.value}set dashOffset(e){this.uniforms.dashOffset.value=e}get gapSize(){return this.uniforms.gapSize.value}set gapSize(e){this.uniforms.gapSize.value=e}get opacity(){return this.uniforms.opacity.value}set opacity(e){this.uniforms&&(this.uniforms.opacity.value=e)}get resolution(){return this.uniforms.resolution.value}set resolution(e){this.uniforms.resolution.value.copy(e)}get alphaToCoverage(){return`USE_ALPHA_TO_COVERAGE`in this.defines}set alphaToCoverage(e){this.defines&&(e===!0!==this.alphaToCoverage&&(this.needsUpdate=!0),e===!0?this.defines.USE_ALPHA_TO_COVERAGE=``:delete this.defines.USE_ALPHA_TO_COVERAGE)}},Lt=new C,Rt=new w,zt=new w,q=new C,J=new C,Y=new C,Bt=new w,Vt=new Pe,X=new Ne,Ht=new w,Ut=new Re,Wt=new je,Z=new C,Q,$;function Gt(e,t,n){return Z.set(0,0,-t,1).applyMatrix4(e.projectionMatrix),Z.multiplyScalar(1/Z.w),Z.x=$/n.width,Z.y=$/n.height,Z.applyMatrix4(e.projectionMatrixInverse),Z.multiplyScalar(1/Z.w),Math.abs(Math.max(Z.x,Z.y))}function Kt(e,t){let n=e.matrixWorld,r=e.geometry,i=r.attributes.instanceStart,a=r.attributes.instanceEnd,o=Math.min(r.instanceCount,i.count);for(let r=0,s=o;r<s;r++){X.start.fromBufferAttribute(i,r),X.end.fromBufferAttribute(a,r),X.applyMatrix4(n);let o=new w,s=new w;Q.distanceSqToSegment(X.start,X.end,s,o),s.distanceTo(o)<$*.5&&t.push({point:s,pointOnLine:o,distance:Q.origin.distanceTo(s),object:e,face:null,faceIndex:r,uv:null,uv1:null})}}function qt(e,t,n){let r=t.projectionMatrix,i=e.material.resolution,a=e.matrixWorld,o=e.geometry,s=o.attributes.instanceStart,c=o.attributes.instanceEnd,l=Math.min(o.instanceCount,s.count),u=-t.near;Q.at(1,Y),Y.w=1,Y.applyMatrix4(t.matrixWorldInverse),Y.applyMatrix4(r),Y.multiplyScalar(1/Y.w),Y.x*=i.x/2,Y.y*=i.y/2,Y.z=0,Bt.copy(Y),Vt.multiplyMatrices(t.matrixWorldInverse,a);for(let t=0,o=l;t<o;t++){if(q.fromBufferAttribute(s,t),J.fromBufferAttribute(c,t),q.w=1,J.w=1,q.applyMatrix4(Vt),J.applyMatrix4(Vt),q.z>u&&J.z>u)continue;if(q.z>u){let e=q.z-J.z,t=(q.z-u)/e;q.lerp(J,t)}else if(J.z>u){let e=J.z-q.z,t=(J.z-u)/e;J.lerp(q,t)}q.applyMatrix4(r),J.applyMatrix4(r),q.multiplyScalar(1/q.w),J.multiplyScalar(1/J.w),q.x*=i.x/2,q.y*=i.y/2,J.x*=i.x/2,J.y*=i.y/2,X.start.copy(q),X.start.z=0,X.end.copy(J),X.end.z=0;let o=X.closestPointToPointParameter(Bt,!0);X.at(o,Ht);let l=Le.lerp(q.z,J.z,o),ee=l>=-1&&l<=1,te=Bt.distanceTo(Ht)<$*.5;if(ee&&te){X.start.fromBufferAttribute(s,t),X.end.fromBufferAttribute(c,t),X.start.applyMatrix4(a),X.end.applyMatrix4(a);let r=new w,i=new w;Q.distanceSqToSegment(X.start,X.end,i,r),n.push({point:i,pointOnLine:r,distance:Q.origin.distanceTo(i),object:e,face:null,faceIndex:t,uv:null,uv1:null})}}}var Jt=class extends Ie{constructor(e=new Ft,t=new It({color:Math.random()*16777215})){super(e,t),this.isLineSegments2=!0,this.type=`LineSegments2`}computeLineDistances(){let e=this.geometry,t=e.attributes.instanceStart,n=e.attributes.instanceEnd,r=new Float32Array(2*t.count);for(let e=0,i=0,a=t.count;e<a;e++,i+=2)Rt.fromBufferAttribute(t,e),zt.fromBufferAttribute(n,e),r[i]=i===0?0:r[i-1],r[i+1]=r[i]+Rt.distanceTo(zt);let i=new Oe(r,2,1);return e.setAttribute(`instanceDistanceStart`,new S(i,1,0)),e.setAttribute(`instanceDistanceEnd`,new S(i,1,1)),this}raycast(e,t){let n=this.material.worldUnits,r=e.camera;if(r===null&&!n&&console.error(`LineSegments2: "Raycaster.camera" needs to be set in order to raycast against LineSegments2 while worldUnits is set to false.`),n===!1&&(this.material.resolution.x===0||this.material.resolution.y===0))return;let i=e.params.Line2===void 0?0:e.params.Line2.threshold||0;Q=e.ray;let a=this.matrixWorld,o=this.geometry,s=this.material;$=s.linewidth+i,o.boundingSphere===null&&o.computeBoundingSphere(),Wt.copy(o.boundingSphere).applyMatrix4(a);let c;if(c=n?$*.5:Gt(r,Math.max(r.near,Wt.distanceToPoint(Q.origin)),s.resolution),Wt.radius+=c,Q.intersectsSphere(Wt)===!1)return;o.boundingBox===null&&o.computeBoundingBox(),Ut.copy(o.boundingBox).applyMatrix4(a);let l;l=n?$*.5:Gt(r,Math.max(r.near,Ut.distanceToPoint(Q.origin)),s.resolution),Ut.expandByScalar(l),Q.intersectsBox(Ut)!==!1&&(n?Kt(this,t):qt(this,r,t))}onBeforeRender(e){let t=this.material.uniforms;t&&t.resolution&&(e.getViewport(Lt),this.material.uniforms.resolution.value.set(Lt.z,Lt.w))}},Yt=class extends Ft{constructor(){super(),this.isLineGeometry=!0,this.type=`LineGeometry`}setPositions(e){let t=e.length-3,n=new Float32Array(2*t);for(let r=0;r<t;r+=3)n[2*r]=e[r],n[2*r+1]=e[r+1],n[2*r+2]=e[r+2],n[2*r+3]=e[r+3],n[2*r+4]=e[r+4],n[2*r+5]=e[r+5];return super.setPositions(n),this}setColors(e){let t=e.length-3,n=new Float32Array(2*t);for(let r=0;r<t;r+=3)n[2*r]=e[r],n[2*r+1]=e[r+1],n[2*r+2]=e[r+2],n[2*r+3]=e[r+3],n[2*r+4]=e[r+4],n[2*r+5]=e[r+5];return super.setColors(n),this}setFromPoints(e){let t=e.length-1,n=new Float32Array(6*t);for(let r=0;r<t;r++)n[6*r]=e[r].x,n[6*r+1]=e[r].y,n[6*r+2]=e[r].z||0,n[6*r+3]=e[r+1].x,n[6*r+4]=e[r+1].y,n[6*r+5]=e[r+1].z||0;return super.setPositions(n),this}fromLine(e){let t=e.geometry;return this.setPositions(t.attributes.position.array),this}},Xt=class extends Jt{constructor(e=new Yt,t=new It({color:Math.random()*16777215})){super(e,t),this.isLine2=!0,this.type=`Line2`}},Zt=1.6,Qt=2/4e3,$t=class{viewer;root=new ke;constructor(e){this.viewer=e}set(e){this.clear();for(let t of e){if(t.points.length<2)continue;let e=new Yt;e.setPositions(t.points.flatMap(e=>e.toArray()));for(let n of[!1,!0]){let r=new Xt(e,en(t,n));r.computeLineDistances(),r.frustumCulled=!1,r.renderOrder=8,this.root.add(r)}}this.viewer.invalidate()}dispose(){this.clear(),this.root.removeFromParent(),this.viewer.invalidate()}clear(){for(let e of this.root.children)e.geometry.dispose(),e.material.dispose();this.root.clear()}};function en(e,t){let n=new It({linewidth:e.width??2.5,dashed:(e.dashed??!1)||t,dashSize:2,gapSize:1.6,transparent:!0,opacity:t?e.through?.9:.3:1,depthWrite:!1,depthFunc:t?6:3,toneMapped:!1}),r=de(e.colour);return n.color.setRGB(r.r,r.g,r.b),n.onBeforeCompile=e=>{e.vertexShader=e.vertexShader.replace(`#include <logdepthbuf_vertex>`,`gl_Position.z -= ${(Zt*Qt).toFixed(7)} * gl_Position.w;\n#include <logdepthbuf_vertex>`),e.fragmentShader=e.fragmentShader.replace(`#include <colorspace_fragment>`,``)},n}var tn=[-.95,.95,-2.05,2.05,-3.15,3.15,-4.25,4.25];function nn(e,t){let n=[],r=[],i=e.map((e,t)=>t).sort((t,n)=>Number(e[n].loud)-Number(e[t].loud));for(let a of i){let{x:i,y:o,width:s}=e[a],c=tn.map(e=>({x:i-s/2,y:o+e*18-9,width:s,height:18})).filter(e=>e.y>=2&&e.y+18<=t.height-2).map(e=>({...e,x:Math.max(2,Math.min(e.x,t.width-s-2))})),l={x:i-s/2,y:o+tn[0]*18-9,width:s,height:18},u=c.find(e=>!n.some(t=>fe(e,t)))??l;n.push(u),r[a]=u}return r}var rn=[],an=`#009e73`;function on(){let e=r.value;m(()=>{if(!e)return;let t=new $t(e);e.overlay.add(t.root);let n=[h(()=>{let e={main:he.value.left,other:he.value.right,help:an},n=D.value===`points`?sn(e):D.value===`table`?un(e):null;rn=n?.tags??[],t.set(n?.strokes??[])}),Te(Sn)];return()=>{n.forEach(e=>e()),t.dispose(),rn=[]}},[e]);let t=H.value??(D.value===`asymmetry`?xn():null);return d(p,{children:[d(ve,{plain:!0,loud:fn,under:pn,adorn:yn}),d(`div`,{class:`stage-corner`,children:t&&d(He,{...t})})]})}function sn(e){let t=[],n=[];for(let r of k.value){let i=r.id===A.value,a=i?3:2;t.push({points:[r.a.at,r.b.at],colour:e.main,through:!0,width:r.path.length>1?1.6:a}),r.path.length>1&&t.push({points:r.path,colour:e.other,width:a});let o=r.surface===null||!i?``:`, ${r.surface.toFixed(1)} on the surface`;n.push({at:cn(r.path.length>1?r.path:[r.a.at,r.b.at]),text:`${r.straight.toFixed(1)} mm${o}`,loud:i})}let[r,i]=[j.value,M.value];return r&&i&&(t.push({points:[r.at,i.at],colour:e.main,through:!0,width:2}),n.push({at:r.at.clone().lerp(i.at,.5),text:`${r.at.distanceTo(i.at).toFixed(1)} mm`,loud:!0})),{strokes:t,tags:n}}function cn(e){return e.length===2?e[0].clone().lerp(e[1],.5):e[Math.floor(e.length/2)]}var ln=new Map;function un(e){let t=P.value?.find(e=>z(e)===I.value);if(!t||t.value===null)return{strokes:[],tags:[]};let n=jt(t,N.value,t.kind===`surface distance`?dn(t):[]);return{strokes:n.lines.map(t=>({points:t.points,colour:e[t.role],dashed:t.dashed,through:t.points.length<4,width:t.role===`help`?1.6:3})),tags:n.label?[{at:n.label,text:`${nt(t.value,t.standard_error)} ${tt(t.unit)}`,loud:!0}]:[]}}function dn(e){let n=t.value?.info,r=e.landmarks.map(e=>N.value.get(e));if(!n||r.some(e=>!e))return[];let i=`${n.id}/${r.map(e=>e.toArray().map(e=>e.toFixed(2))).join(`/`)}`,a=ln.get(i);if(a)return a;ln.set(i,[]);let o=r.slice(1).map((e,t)=>qe(n,r[t],e));return Promise.all(o).then(t=>{t.some(({path:e})=>e.length<2)||(ln.set(i,t.map(({path:e})=>e)),I.peek()===z(e)&&(P.value=[...P.peek()??[]]))},()=>ln.delete(i)),[]}function fn(){if(D.value===`points`){let e=k.value.find(({id:e})=>e===A.value);return new Set([j.value?.name,e?.a.name,e?.b.name].filter(e=>!!e))}if(D.value===`table`)return new Set(P.value?.find(e=>z(e)===I.value)?.landmarks??[]);let e=F.value?.find(({name:e})=>e===L.value);return new Set(e?[e.name,...e.partner?[e.partner]:[]]:[])}var pn=(e,t)=>{if(D.peek()===`asymmetry`&&_n(e,t),D.peek()===`points`){for(let n of k.peek())for(let r of[n.a,n.b])r.name||gn(e,t.project(r.at));for(let n of[j.peek(),j.peek()&&M.peek()])n&&gn(e,t.project(n.at))}e.textAlign=`center`,e.textBaseline=`middle`;let n=nn(rn.map(n=>{let{x:r,y:i}=t.project(n.at);return e.font=mn(n),{x:r,y:i,width:e.measureText(n.text).width+12,loud:n.loud}}),{width:t.canvas.clientWidth,height:t.canvas.clientHeight});for(let[t,r]of rn.entries())hn(e,r,n[t])},mn=e=>e.loud?`600 ${ge}`:ge;function hn(e,t,{x:n,y:r,width:i,height:a}){e.font=mn(t),e.globalAlpha=t.loud?.92:.75,e.fillStyle=Ve(),e.beginPath(),e.roundRect(n,r,i,a,4),e.fill(),e.globalAlpha=1,e.fillStyle=we(),e.fillText(t.text,n+i/2,r+a/2+.5)}function gn(e,{x:t,y:n}){e.beginPath(),e.arc(t,n,4,0,2*Math.PI),e.fillStyle=he.peek().left,e.fill(),e.lineWidth=1.5,e.strokeStyle=`#ffffff`,e.stroke()}function _n(e,n){let r=t.peek()?.info;if(!r)return;let i=le(r).setPosition(0,0,0);for(let t of F.peek()??[]){let r=N.peek().get(t.name);if(!r||!t.offset||!pe(n,r,4))continue;let a=new w(...t.offset).applyMatrix4(i).multiplyScalar(Number(V.peek())),[o,s]=[n.project(r.clone().sub(a)),n.project(r)],c=Math.hypot(s.x-o.x,s.y-o.y);if(c<2)continue;let l=t.name===L.peek();e.globalAlpha=l||B(t)===!1?1:.55,vn(e,o,s,c,l)}e.globalAlpha=1}function vn(e,t,n,r,i){let[a,o]=[(n.x-t.x)/r,(n.y-t.y)/r],s=Math.min(7,r*.6);for(let[r,c]of[[`rgb(16 19 23 / 0.75)`,i?5:4],[`#ffffff`,i?2.6:1.6]])e.strokeStyle=r,e.lineWidth=c,e.lineCap=e.lineJoin=`round`,e.beginPath(),e.moveTo(t.x,t.y),e.lineTo(n.x,n.y),e.moveTo(n.x-s*(a+.6*o),n.y-s*(o-.6*a)),e.lineTo(n.x,n.y),e.lineTo(n.x-s*(a-.6*o),n.y-s*(o+.6*a)),e.stroke()}function yn(e){return h(()=>{let t=D.value===`asymmetry`?F.value:null;if(!t){e.setTints(null);return}let n=bn(t),r=new Map(t.flatMap(e=>[e.name,e.partner].map(t=>[t,e.value])));e.setTints(e=>{let t=r.get(e.name);return de(t==null?`rgb(160,160,160)`:`rgb(${s(`sequential`,t/n).map(Math.round).join(`,`)})`)})})}function bn(e){let t=e.filter(e=>e.visible).map(e=>e.value??0);return Math.max(1,Math.ceil(Math.max(0,...t)))}function xn(){let e=F.value;return e&&{title:`Asymmetry, mm (arrows × ${V.value})`,kind:`sequential`,low:0,high:bn(e)}}var Sn=e=>{let t=H.peek()??(D.peek()===`asymmetry`?xn():null);t&&Ue(e,20,16,we(),t)},Cn=[{value:`points`,label:`Two points`},{value:`table`,label:`Anthropometry`},{value:`asymmetry`,label:`Asymmetry`}];function wn(){let e=t.value,n=r.value;if(ue(e?.info.id,`anthropometric`),m(()=>{let e=be.peek();return be.value=`anthropometric`,me.value=y.value=null,()=>{be.value=e,y.value=null}},[]),m(()=>{if(!n)return;let e=[n.addTool(new Et),Tn()];return()=>{e.forEach(e=>e()),n.canvas.style.cursor=``,j.value=M.value=null}},[n]),m(()=>{j.value=M.value=null},[e?.info.id]),!e)return d(x,{children:`Open a scan to measure on it.`});let i=e.noFace||e.info.no_face;return d(p,{children:[d(`div`,{class:`panes`,children:d(ie,{label:`What to measure`,value:D.value,choices:Cn,onChange:e=>D.value=e})}),D.value===`points`?d(St,{}):i?d(x,{children:`No face was found on this scan, so it has no landmarks to measure between.`}):D.value===`table`?d(ut,{}):d(yt,{})]})}function Tn(){let e=`Measure`,n=()=>t.value!==null;return oe(...Cn.map(({value:t,label:r})=>({id:`pane-${t}`,title:r,group:e,run:()=>D.value=t,when:n})),{id:`measure-leave`,title:`Leave the first point`,keys:`escape`,group:e,run:()=>j.value=null,when:()=>j.value!==null},...[`delete`,`backspace`].map(t=>({id:`measure-${t}`,title:`Remove the chosen distance`,keys:t,group:e,run:()=>Ye(A.value),when:()=>D.value===`points`&&A.value!==null})))}export{on as Overlay,wn as Panel};