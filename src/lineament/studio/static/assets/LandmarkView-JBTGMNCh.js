import{A as e,H as t,I as n,J as r,at as i,c as a,ct as o,dt as s,lt as c,st as l,ut as u,y as d,z as f}from"./controls-NzPcXyOp.js";import{E as p,F as ee,Mn as m,R as te,c as ne,er as re,ft as h,p as ie,tr as g,z as _}from"./three.core-BnpUysXO.js";import"./viewer-Rng3MznS.js";import{n as v}from"./theme-Bs8obX9U.js";import{n as ae}from"./index-Ep8TC7TQ.js";function oe(e,t){let n=d(e),r=se(t,n);return t.names.map((e,i)=>({name:e,definition:t.definitions[i]??``,side:r[i],at:b(t.xyz[i],n),sigma:t.sigma[i]??null,inferred:!t.visible[i],corrected:t.corrected[i]??!1}))}function se(e,t){let n=e.predicted??e.xyz,r=e.names.map(()=>`middle`);for(let[i,a]of e.pairs){let[o,s]=[b(n[i],t),b(n[a],t)],c=o&&s?o.x>s.x:o?o.x>0:s?s.x<0:/(^|_)(l|left)(_|$)/.test(e.names[i]);[r[i],r[a]]=c?[`left`,`right`]:[`right`,`left`]}return r}function ce(e,t){let n=e.names.indexOf(t);for(let[t,r]of e.pairs){if(t===n)return e.names[r];if(r===n)return e.names[t]}return null}var y=e=>e.replaceAll(`_`,` `);function b(e,t){return e?new g(...e).applyMatrix4(t):null}var le=[`ibug68`,`anthropometric`,`dense520`],ue={ibug68:`iBUG 68`,anthropometric:`Anthropometric`,dense520:`Dense 520`},x=o(new Map),S=new Map,C=(e,t)=>`${e}/${t}`;function w(e,t){return x.value.get(C(e,t))??null}function de(e){x.value=new Map(x.value).set(C(e.scan,e.set),e)}function fe(e,t){let n=C(e,t),i=x.peek().get(n);if(i)return Promise.resolve(i);let a=S.get(n)??r(`/api/scans/${e}/landmarks/${t}`).then(e=>(de(e),e)).finally(()=>S.delete(n));return S.set(n,a),a}function pe(e,t){let r=n.value.find(t=>t.info.id===e)?.info.stages.landmarks??!1;return c(()=>{e&&t&&r&&fe(e,t).catch(f)},[e,t,r]),e&&t?w(e,t):null}var T=o(`ibug68`),E=o(!0),D=o(!0),O=o(null),k=o(null),A=i(()=>{let t=e.value;return t&&T.value?w(t.info.id,T.value):null}),j=i(()=>{let[t,n]=[e.value,A.value];return t&&n?oe(t.info,n):[]}),M=o(null),N=i(()=>{let e=M.value;return e?j.value.map(t=>t.name===e.name?{...t,at:e.at,sigma:null,inferred:!1,corrected:!0}:t):j.value}),me=new g(0,0,-10),he=-.08,P=e=>e.clone().sub(me).normalize();function F(e,t,n=4){if(e.surfaces.some(e=>e.isCloud&&e.root.visible)){let n=e.camera.getWorldDirection(new g).negate();if(P(t).dot(n)<he)return!1}return e.unoccluded(t,n)}var ge=.35;function _e(e,t=!1){let n=N.peek().find(t=>t.name===e)?.at;n&&I([n],t)}function I(e,n=!1){let r=t.peek();if(!r||!e.length)return;let i=e.map(ve),a=r.camera.getWorldDirection(new g).negate(),o=e.some((e,t)=>i[t].dot(a)<ge||!F(r,e)),{clientWidth:s,clientHeight:c}=r.canvas,l=e.every(e=>{let{x:t,y:n}=r.project(e);return Math.abs(t/s-.5)<.36&&Math.abs(n/c-.5)<.36});if(!o&&l&&!n)return;let u=i.reduce((e,t)=>e.add(t),new g),d=o&&u.length()>.2?new g(u.x,u.y*.5,u.z).normalize():null,f=e.reduce((e,t)=>e.add(t),new g).divideScalar(e.length);r.fly(l&&!n?r.controls.target.clone():f,d,n?1600/Math.max(c,1):0)}function ve(t){return e.peek()?.surface?.nearest(t)?.normal??P(t)}function ye({viewer:e,paint:n}){let r=u(null);return c(()=>{let i=r.current,a=i.getContext(`2d`),o=()=>{if(i.hidden=e.isSparing,i.hidden)return;let{clientWidth:t,clientHeight:r}=e.canvas,o=window.devicePixelRatio,[s,c]=[Math.round(t*o),Math.round(r*o)];(i.width!==s||i.height!==c)&&([i.width,i.height]=[s,c]),a.setTransform(o,0,0,o,0,0),a.clearRect(0,0,t,r),n(a,e)};o();let s=[e.onFrame(o)];return e===t.peek()&&s.push(ae(n)),()=>s.forEach(e=>e())},[e,n,v.value]),a(`canvas`,{ref:r,class:`ink`,"aria-hidden":`true`})}function be(e,t,n,r){e.lineJoin=`round`,e.lineWidth=2.6,e.strokeStyle=xe(),e.strokeText(t,n,r),e.fillText(t,n,r)}var xe=()=>v.value===`dark`?`rgb(16 19 23 / 0.78)`:`rgb(252 253 254 / 0.85)`,L=7,R=4,z=[[1,0],[1,-.8],[1,.8],[0,-1],[0,1]];function Se(e,t,n,r=[]){let i=new we;for(let{x:t,y:n}of e)i.add({x:t-R,y:n-R,width:8,height:8});let a=e.map(()=>null),o=e.map(()=>-1),s=e.map((e,t)=>t).sort((t,n)=>e[n].rank-e[t].rank||t-n);for(let c of s){let s=e[c],l=s.x>=n?1:-1,u=[...z.map(([e,t])=>[e*l,t]),...z.slice(0,3).map(([e,t])=>[-e*l,t])],d=r[c]??-1,f=[...d>=0?[d]:[],...u.keys()],p=s.rank===1/0;for(let e of f){let[n,r]=u[e],l=Ce(s,n,r),d=l.x>=2&&l.y>=2&&l.x+l.width<=t.width-2&&l.y+l.height<=t.height-2;if((p||d&&!i.hits(l,{x:s.x,y:s.y}))&&(!p||d)){i.add(l),a[c]={x:l.x,y:l.y},o[c]=e;break}}}return{places:a,chosen:o}}function Ce(e,t,n){let r=t>0?e.x+L:t<0?e.x-L-e.width:e.x-e.width/2,i=t===0?n*14.5:n*15*.75;return{x:r,y:e.y+i-15/2,width:e.width,height:15}}var B=48,we=class{cells=new Map;add(e){for(let t of this.keys(e))this.cells.set(t,[...this.cells.get(t)??[],e])}hits(e,t){for(let n of this.keys(e))for(let r of this.cells.get(n)??[])if((r.x+R!==t.x||r.y+R!==t.y||r.width!==8)&&V(e,r))return!0;return!1}*keys(e){for(let t=Math.floor(e.x/B);t<=Math.floor((e.x+e.width)/B);t++)for(let n=Math.floor(e.y/B);n<=Math.floor((e.y+e.height)/B);n++)yield`${t},${n}`}};function V(e,t){return e.x<t.x+t.width&&t.x<e.x+e.width&&e.y<t.y+t.height&&t.y<e.y+e.height}var H=`11.5px "Inter", system-ui, "Segoe UI", "Noto Sans", "DejaVu Sans", sans-serif`,U=`600 ${H}`,Te=90,Ee=class{sides=new Map;seen=new Set;lookedAt=0;lookedFrame=-1;widths=new Map;options={marks:[],all:!0,loud:new Set};get inSight(){return this.seen}set(e){e.marks!==this.options.marks&&(this.lookedAt=0),this.options=e}paint=(e,t)=>{let{marks:n,all:r,loud:i}=this.options;this.look(t);let a=n.filter(e=>e.at&&(i.has(e.name)||r&&this.seen.has(e.name)));if(!a.length)return;let o={width:t.canvas.clientWidth,height:t.canvas.clientHeight},s=a.map(e=>t.project(e.at)),c=s.reduce((e,{x:t})=>e+t,0)/s.length,{places:l,chosen:u}=Se(a.map((t,n)=>({x:s[n].x,y:s[n].y,width:this.width(e,t.name,i.has(t.name)),rank:i.has(t.name)?1/0:+!!t.corrected-!!t.inferred})),o,c,a.map(e=>this.sides.get(e.name)??-1));e.textAlign=`left`,e.textBaseline=`middle`,e.fillStyle=v.peek()===`dark`?`#ffffff`:`#10151b`;for(let[t,n]of a.entries()){u[t]>=0?this.sides.set(n.name,u[t]):this.sides.delete(n.name);let r=l[t];r&&(e.globalAlpha=i.has(n.name)?1:n.inferred?.62:.9,e.font=i.has(n.name)?U:H,be(e,y(n.name),r.x,r.y+8))}e.globalAlpha=1};look(e){let t=performance.now();this.lookedAt&&(e.frames===this.lookedFrame||e.isMoving&&t-this.lookedAt<Te)||(this.lookedFrame=e.frames,this.lookedAt=t,this.seen=new Set(this.options.marks.filter(t=>t.at&&F(e,t.at)).map(e=>e.name)))}width(e,t,n){let r=n?`${t} loud`:t,i=this.widths.get(r);if(i!==void 0)return i;e.font=n?U:H;let a=e.measureText(y(t)).width+(n?6:3);return this.widths.set(r,a),a}};function De(e,t,n,r=9){let i=e.canvas.getBoundingClientRect(),[a,o]=[t.clientX-i.left,t.clientY-i.top];return n.filter(e=>e.at).map(t=>{let n=e.project(t.at);return{mark:t,away:Math.hypot(n.x-a,n.y-o)}}).filter(({away:e})=>e<=r).sort((e,t)=>e.away-t.away).find(({mark:t})=>F(e,t.at,6))?.mark??null}var W=[`left`,`middle`,`right`],Oe={left:`left`,middle:`midline`,right:`right`},G=i(()=>{v.value;let e=getComputedStyle(document.documentElement);return Object.fromEntries(W.map(t=>[t,e.getPropertyValue(`--${t}`).trim()]))});function K(e){return new ie().setStyle(e,``)}var q=5,J=1,Y=2,X=4,ke=`
attribute vec3 center;
attribute vec3 tint;
attribute float style;
uniform vec2 page;
uniform float size;
uniform float lift;
varying vec3 vTint;
varying vec2 vAt;
flat varying int vStyle;
varying float vSize;
void main() {
  vStyle = int(style + 0.5);
  vTint = tint;
  vSize = (vStyle & ${X}) != 0 ? size + 1.0 : size;
  float reach = vSize + 6.0;
  vAt = position.xy * reach;
  vec4 eye = modelViewMatrix * vec4(center, 1.0);
  eye.z += lift;
  gl_Position = projectionMatrix * eye;
  gl_Position.xy += vAt * 2.0 / page * gl_Position.w;
}`,Ae=`
varying vec3 vTint;
varying vec2 vAt;
flat varying int vStyle;
varying float vSize;
uniform float fade;
uniform vec3 ring;
float cover(float away) { return clamp(0.5 - away / fwidth(vAt.x), 0.0, 1.0); }
void main() {
  bool diamond = (vStyle & ${Y}) != 0;
  // A person's points are diamonds: seen without colour.
  float d = diamond ? (abs(vAt.x) + abs(vAt.y)) * 0.78 : length(vAt);
  float dark = cover(d - vSize - 1.2);
  float full = cover(d - vSize);
  float hole = (vStyle & ${J}) != 0 ? cover(d - vSize + 2.0) : 0.0;
  vec3 color = mix(vec3(0.10, 0.12, 0.14), vTint, full);
  color = mix(color, vec3(1.0), hole);
  float alpha = dark * 0.92;
  if ((vStyle & ${X}) != 0) {
    float around = abs(length(vAt) - vSize - 3.6);
    float edge = cover(around - 1.9);
    float line = cover(around - 1.1);
    color = mix(color, mix(vec3(0.10, 0.12, 0.14), ring, line), edge * (1.0 - dark));
    alpha = max(alpha, edge);
  }
  if (alpha * fade < 0.01) discard;
  gl_FragColor = vec4(color, alpha * fade);
}`,je=`
attribute vec3 center;
attribute vec3 tint;
attribute float radius;
varying vec3 vTint;
varying vec2 vAt;
varying float vRadius;
uniform float lift;
uniform float perMm;
void main() {
  vTint = tint;
  vAt = position.xy;
  vRadius = radius * perMm;
  vec4 eye = modelViewMatrix * vec4(center, 1.0);
  eye.xy += position.xy * radius;
  // The whole ball is seen when its middle is, though half of it lies inside the head.
  eye.z += max(radius, lift);
  gl_Position = projectionMatrix * eye;
}`,Me=`
varying vec3 vTint;
varying vec2 vAt;
varying float vRadius;
void main() {
  float inside = (1.0 - length(vAt)) * vRadius;
  float edge = clamp(inside + 0.5, 0.0, 1.0);
  float line = 1.0 - clamp(inside - 1.0, 0.0, 1.0);
  gl_FragColor = vec4(vTint, edge * mix(0.26, 0.85, line));
}`,Ne=class{viewer;options;root=new ee;points=new _;balls=new _;front=Q(1,3);ghost=Q(.22,6);ball=Pe();ballMesh;stopColours;marks=[];ringed=new Set;tints=null;constructor(e,t={}){this.viewer=e,this.options=t;for(let e of[this.points,this.balls])e.setAttribute(`position`,new ne(new Float32Array([-1,-1,0,1,-1,0,1,1,0,-1,1,0]),3)),e.setIndex([0,1,2,0,2,3]),e.instanceCount=0;let n=[new h(this.points,this.front)];if(t.ghosts??!0){let e=new h(this.points,this.ghost);e.layers.set(1),n.push(e)}this.ballMesh=new h(this.balls,this.ball),this.ballMesh.visible=!1;for(let[e,t]of[this.ballMesh,...n.reverse()].entries())t.frustumCulled=!1,t.renderOrder=10+e,t.onBeforeRender=e=>{this.ball.uniforms.perMm.value=this.viewer.pixelsPerMm;for(let t of[this.front,this.ghost])e.getSize(t.uniforms.page.value)},this.root.add(t);this.stopColours=l(()=>{G.value,this.fill()})}setMarks(e){this.marks=e,this.fill()}setRinged(e){this.ringed=e,this.fill()}setTints(e){this.tints=e,this.fill()}setErrors(e){this.ballMesh.visible=e,this.resize(),this.viewer.invalidate()}dispose(){this.stopColours(),this.root.removeFromParent();for(let e of[this.points,this.balls,this.front,this.ghost,this.ball])e.dispose();this.viewer.invalidate()}get drawn(){return this.marks.filter(e=>e.at!==null)}fill(){let e=this.drawn,t=e.length,n=new Float32Array(3*t),r=new Float32Array(3*t),i=new Float32Array(t),a=new Float32Array(t),o=G.peek(),s={left:K(o.left),middle:K(o.middle),right:K(o.right)};for(let[t,o]of e.entries())o.at.toArray(n,3*t),(this.tints?.(o)??s[o.side]).toArray(r,3*t),i[t]=(o.inferred?J:0)+(o.corrected?Y:0)+(this.ringed.has(o.name)?X:0),a[t]=o.sigma??0;Z(this.points,{center:[n,3],tint:[r,3],style:[i,1]},t),Z(this.balls,{center:[n.slice(),3],tint:[r,3],radius:[a,1]},t),this.resize(),this.viewer.invalidate()}resize(){let e=this.points.instanceCount>120?2.2:this.ballMesh.visible?2.7:3.7;this.front.uniforms.size.value=this.ghost.uniforms.size.value=this.options.size??e}};function Z(e,t,n){e.instanceCount!==n&&e.dispose();for(let[n,[r,i]]of Object.entries(t))e.setAttribute(n,new te(r,i).setUsage(p));e.instanceCount=n}function Q(e,t){return new m({vertexShader:ke,fragmentShader:Ae,transparent:!0,depthWrite:!1,depthFunc:t,uniforms:{page:{value:new re(1,1)},size:{value:3.7},lift:{value:q},fade:{value:e},ring:{value:K(`#ffffff`)}}})}function Pe(){return new m({vertexShader:je,fragmentShader:Me,transparent:!0,depthWrite:!1,uniforms:{lift:{value:q},perMm:{value:1}}})}function Fe(e,{x:t,y:n}){e.beginPath(),e.arc(t,n,7.6,0,2*Math.PI);for(let[t,n]of[[`rgb(26 31 36)`,3.8],[`#ffffff`,2.2]])e.strokeStyle=t,e.lineWidth=n,e.stroke()}var $=new Set;function Ie({loud:e,plain:n=!1,under:r,adorn:i}){let o=t.value,u=s(()=>new Ee,[]);c(()=>{if(!o)return;let t=new Ne(o);o.overlay.add(t.root);let r=[l(()=>t.setMarks(N.value)),l(()=>t.setErrors(!n&&D.value)),l(()=>{let n=new Set(e?.()??$);O.value!==null&&n.add(O.value),t.setRinged(n)}),l(()=>{let t=new Set(e?.()??$);for(let e of[O.value,k.value])e!==null&&t.add(e);let r=!n&&E.value&&N.value.length<=120;u.set({marks:N.value,all:r,loud:t}),o.repaint()}),...i?[i(t)]:[]];return()=>{r.forEach(e=>e()),t.dispose()}},[o]);let d=s(()=>(e,t)=>{r?.(e,t);let n=N.peek().find(({name:e})=>e===k.peek());n?.at&&n.name!==O.peek()&&Fe(e,t.project(n.at)),u.paint(e,t)},[r]);return o&&a(ye,{viewer:o,paint:d})}export{N as C,y as D,ce as E,A as S,pe as T,de as _,K as a,D as b,V as c,F as d,le as f,k as g,O as h,G as i,_e as l,M as m,W as n,H as o,ue as p,Oe as r,De as s,Ie as t,I as u,j as v,T as w,E as x,w as y};