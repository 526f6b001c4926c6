"""Makes the small files that the tests of the readers use: `good/` must be read, `bad/` must be refused.

Run it in this folder after a change: `python make_corpus.py`. It is written apart from Lineament's own writers, so
that a reader and a writer cannot agree on the same mistake. The mesh is a roof of 6 points, of which the last belongs
to no triangle; point 1 lies on a seam and has two uv.
"""

from __future__ import annotations

import base64
import io
import json
import shutil
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
POINTS = np.array([[0, 0, 0], [10.5, 0, 0], [10.5, 20.25, 0], [0, 20.25, 0], [5, 10, 7.5], [-1.5, 2.5, 99]], np.float32)
TRIANGLES = np.array([[0, 1, 4], [1, 2, 4], [2, 3, 4], [3, 0, 4]], np.int32)
COLORS = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255], [10, 20, 30], [200, 100, 50], [1, 2, 3]], np.uint8)
NORMALS = np.array([[0, 0, 1], [1, 0, 0], [0, 1, 0], [0, 0, -1], [0.6, 0.8, 0], [0, -1, 0]], np.float32)
UV = np.array([[0, 0], [1, 0], [1, 1], [0, 1], [0.5, 0.5], [0.25, 0.75]], np.float32)


def rows(array: np.ndarray, prefix: str = "", separator: str = " ") -> str:
    return "".join(prefix + separator.join(f"{value:g}" for value in row) + "\n" for row in np.asarray(array).tolist())


def both(*arrays: np.ndarray) -> np.ndarray:
    return np.concatenate([array.astype(np.float64) for array in arrays], axis=1)


# ---- PLY ------------------------------------------------------------------------------------------------------------
XYZ = "property float x\nproperty float y\nproperty float z\n"
RGB = "property uchar red\nproperty uchar green\nproperty uchar blue\n"
FACES = "property list uchar int vertex_indices\n"


def ply(style: str, *elements: str) -> bytes:
    return f"ply\nformat {style} 1.0\ncomment corpus\n{''.join(elements)}end_header\n".encode()


def ply_files() -> dict[str, bytes]:
    header = (f"element vertex 6\n{XYZ}{RGB}", f"element face 4\n{FACES}")
    threes = np.insert(TRIANGLES, 0, 3, axis=1)
    files = {"ascii.ply": ply("ascii", *header) + (rows(both(POINTS, COLORS)) + rows(threes)).encode()}
    files["crlf.ply"] = files["ascii.ply"].replace(b"\n", b"\r\n")
    for style, order in (("little", "<"), ("big", ">")):
        body = b"".join(struct.pack(order + "3f3B", *p, *c) for p, c in zip(POINTS, COLORS, strict=True))
        body += b"".join(struct.pack(order + "B3i", 3, *t) for t in TRIANGLES)
        files[f"{style}.ply"] = ply(f"binary_{style}_endian", *header) + body
        mixed = ply(
            f"binary_{style}_endian",
            "element face 3\nproperty uchar flag\nproperty list ushort short vertex_index\nproperty float area\n",
            "element camera 1\nproperty double fov\n",
            f"element vertex 6\nproperty list uchar short tags\n{XYZ}property float s\nproperty float t\n",
        )
        for polygon in ((0, 1, 4), (0, 1, 2, 3), (1, 2, 3, 4, 5)):
            mixed += struct.pack(f"{order}BH{len(polygon)}hf", 7, len(polygon), *polygon, 1.5)
        mixed += struct.pack(order + "d", 55.0)
        for i, (p, t) in enumerate(zip(POINTS, UV, strict=True)):
            mixed += struct.pack(f"{order}B{i}h5f", i, *range(i), *p, *t)
        files[f"mixed_{style}.ply"] = mixed
    files["mixed_ascii.ply"] = (
        ply("ascii", "element face 3\nproperty list uchar int vertex_indices\nproperty list uchar float texcoord\n",
            f"element vertex 6\n{XYZ}property float nx\nproperty float ny\nproperty float nz\n")
        + b"3 0 1 4 6 0 0 1 0 .5 .5\n4 0 1 2 3 8 0 0 1 0 1 1 0 1\n5 1 2 3 4 5 10 1 0 1 1 0 1 .5 .5 .25 .75\n"
        + rows(both(POINTS, NORMALS)).encode()
    )  # fmt: skip
    files["floats.ply"] = (
        ply("ascii", f"element vertex 6\n{XYZ}{RGB.replace('uchar', 'float')}")
        + rows(both(POINTS, COLORS / 255.0)).encode()
    )
    return files


# ---- OBJ ------------------------------------------------------------------------------------------------------------
SEAM = (
    "vt 0 0\nvt 1 0\nvt 1 1\nvt 0 1\nvt .5 .5\nvt .9 .1\nf 1/1 2/2 5/5\nf 2/6 3/3 5/5\nf 3/3 4/4 5/5\nf 4/4 1/1 5/5\n"
)


def obj_files() -> dict[str, bytes]:
    points = rows(POINTS, "v ")
    plain = rows(TRIANGLES + 1, "f ")
    return {
        "seam.obj": ("# 6 points\nmtllib a.mtl\no roof\n" + points + SEAM).encode(),
        "colors.obj": (rows(both(POINTS, COLORS / 255.0), "v ") + plain).encode(),
        "negative.obj": (points[: points.index("v 5")] + "f -4 -3 -2 -1\n" + points[points.index("v 5") :]
                         + "g top\nusemtl x\ns off\nf -6 -5 -2\nf 2 3 -2\nl 1 2 3\n").encode(),
        "corners.obj": (points + rows(UV, "vt ") + rows(NORMALS, "vn ")
                        + "f 1/1/1 2/2/2 5/5/5\nf 2//2 3//3 5//5\nf 3/3 4/4 5/5\nf 4 1 5\n").encode(),
        "whole.obj": (points + rows(UV, "vt ") + rows(NORMALS, "vn ")
                      + "".join("f " + " ".join(f"{i}/{i}/{i}" for i in t) + "\n" for t in TRIANGLES + 1)).encode(),
        "normals.obj": (points + rows(NORMALS, "vn ")
                        + "".join("f " + " ".join(f"{i}//{i}" for i in t) + "\n" for t in TRIANGLES + 1)).encode(),
        "continued.obj": (points.replace("\n", "  # a point\r\n").replace("v ", "  v\t")
                          + "f 1 2 \\\r\n  3 4 \\\r\n 5\r\n\r\n").encode(),
    }  # fmt: skip


# ---- STL, OFF, PCD, text --------------------------------------------------------------------------------------------
def stl_files() -> dict[str, bytes]:
    corners = POINTS[TRIANGLES]
    text = "".join("facet normal 0 0 1\nouter loop\n" + rows(c, "vertex ") + "endloop\nendfacet\n" for c in corners)
    records = b"".join(struct.pack("<12fH", 0, 0, 1, *c.reshape(-1), 0) for c in corners)
    return {
        "ascii.stl": f"solid roof\n{text}endsolid roof\n".encode(),
        "upper.stl": f"SOLID roof\n{text.upper()}ENDSOLID roof\n".encode(),
        "binary.stl": b"binary".ljust(80) + struct.pack("<I", 4) + records,
        "solid_binary.stl": b"solid but binary".ljust(80) + struct.pack("<I", 4) + records,
    }


def off_files() -> dict[str, bytes]:
    faces = rows(np.insert(TRIANGLES, 0, 3, axis=1))
    opaque = np.full((6, 1), 255)
    return {
        "plain.off": f"OFF\n# comment\n6 4 0\n{rows(POINTS)}{faces}".encode(),
        "joined.off": f"OFF 6 2 0\n\n{rows(POINTS)}4 0 1 2 3 255 0 0\n3 0 1 4\n".encode(),
        "color.off": f"COFF\n6 4 0\n{rows(both(POINTS, COLORS, opaque))}{faces}".encode(),
        "normal.off": f"NOFF\n6 4 0\n{rows(both(POINTS, NORMALS))}{faces}".encode(),
        "all.off": f"STCNOFF\n6 4 0\n{rows(both(POINTS, NORMALS, COLORS / 255, opaque / 255, UV))}{faces}".replace(
            "OFF\n6", "OFF\n6").encode(),
    }  # fmt: skip


def pcd(style: str, points: int = 6) -> bytes:
    return (
        "# .PCD v0.7 - Point Cloud Data file format\nVERSION 0.7\nFIELDS x y z normal_x normal_y normal_z rgb\n"
        "SIZE 4 4 4 4 4 4 4\nTYPE F F F F F F U\nCOUNT 1 1 1 1 1 1 1\n"
        f"WIDTH {points}\nHEIGHT 1\nVIEWPOINT 0 0 0 1 0 0 0\nPOINTS {points}\nDATA {style}\n"
    ).encode()


def lzf(data: bytes) -> bytes:
    """A plain LZF encoder: runs of one byte become a reference, all else stays literal."""
    out, i = b"", 0
    while i < len(data):
        run = 1
        while i + run < len(data) and data[i + run] == data[i] and run < 200:
            run += 1
        if run >= 6:
            length = run - 1 - 2
            out += bytes([0, data[i]])
            out += bytes([length << 5, 0]) if length < 7 else bytes([7 << 5, length - 7, 0])
            i += run
        else:
            out += bytes([0, data[i]])
            i += 1
    return out


def pcd_files() -> dict[str, bytes]:
    packed = (COLORS.astype(np.uint32) * [65536, 256, 1]).sum(axis=1, keepdims=True).astype(np.uint32)
    records = b"".join(struct.pack("<6fI", *p, *n, c[0]) for p, n, c in zip(POINTS, NORMALS, packed, strict=True))
    fields = POINTS.T.tobytes() + NORMALS.T.tobytes() + packed.astype("<u4").tobytes()
    text = "".join(
        " ".join(f"{v:g}" for v in (*p, *n)) + f" {c[0]}\n" for p, n, c in zip(POINTS, NORMALS, packed, strict=True)
    )
    small = lzf(fields)
    return {
        "ascii.pcd": pcd("ascii") + text.encode(),
        "binary.pcd": pcd("binary") + records,
        "compressed.pcd": pcd("binary_compressed") + struct.pack("<II", len(small), len(fields)) + small,
    }


def text_files() -> dict[str, bytes]:
    german = rows(POINTS, separator=";").replace(".", ",")
    return {
        "plain.xyz": rows(POINTS).encode(),
        "commented.txt": ("# made by hand\n" + rows(POINTS, separator="\t")).encode(),
        "count.xyz": ("6\n" + rows(both(POINTS, COLORS))).encode(),
        "titles.csv": ("X,Y,Z,Nx,Ny,Nz,quality\n" + rows(both(POINTS, NORMALS, UV[:, :1]), separator=",")).encode(),
        "german.csv": german.encode(),
        "cloud.asc": ("//X Y Z R G B Nx Ny Nz\n" + rows(both(POINTS, COLORS, NORMALS))).encode(),
    }


# ---- NPZ, glTF, WRL, BNT, depth -------------------------------------------------------------------------------------
def npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array(file, array, allow_pickle=False)
    return file.getvalue()


def archive(arrays: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as out:
        for name, data in arrays.items():
            out.writestr(zipfile.ZipInfo(f"{name}.npy"), data, method)
    return file.getvalue()


def npz_files() -> dict[str, bytes]:
    arrays = {"points": npy(POINTS), "triangles": npy(TRIANGLES)}
    others = {
        "vertices": npy(POINTS.astype(np.float64)),
        "faces": npy(TRIANGLES.astype(np.int64)),
        "colors": npy(COLORS),
    }
    return {"stored.npz": archive(arrays), "deflated.npz": archive(others, zipfile.ZIP_DEFLATED)}


def gltf(blocks: list[tuple[np.ndarray, str, int]], primitives: list[dict], nodes: list[dict], **extra: object) -> dict:
    views, accessors, offset = [], [], 0
    for block, kind, component in blocks:
        views.append({"buffer": 0, "byteOffset": offset, "byteLength": block.nbytes})
        accessors.append({"bufferView": len(views) - 1, "componentType": component, "count": len(block), "type": kind})
        offset += block.nbytes
    return {
        "asset": {"version": "2.0"}, "scene": 0, "scenes": [{"nodes": [0]}], "nodes": nodes,
        "meshes": [{"primitives": primitives}], "accessors": accessors, "bufferViews": views,
        "buffers": [{"byteLength": offset}], **extra,
    }  # fmt: skip


def glb(document: dict, binary: bytes) -> bytes:
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    binary += b"\0" * (-len(binary) % 4)
    body = struct.pack("<I4s", len(text), b"JSON") + text + struct.pack("<I4s", len(binary), b"BIN\0") + binary
    return b"glTF" + struct.pack("<II", 2, 12 + len(body)) + body


def gltf_files() -> dict[str, bytes]:
    index = TRIANGLES.reshape(-1).astype(np.uint16)
    blocks = [(POINTS, "VEC3", 5126), (index, "SCALAR", 5123), (NORMALS, "VEC3", 5126), (UV, "VEC2", 5126)]
    attributes = {"POSITION": 0, "NORMAL": 2, "TEXCOORD_0": 3}
    whole = b"".join(block.tobytes() for block, _, _ in blocks)
    moved = [{"children": [2, 1]}, {"mesh": 0, "translation": [100, 0, 0]},
             {"mesh": 0, "rotation": [0, 0, 0.7071067811865476, 0.7071067811865476], "scale": [2, 2, 2]}]  # fmt: skip
    strip = np.array([0, 1, 3, 2, 4], np.uint16)
    turns = gltf([(POINTS, "VEC3", 5126), (strip, "SCALAR", 5123), (strip[:4], "SCALAR", 5123)],
                 [{"attributes": {"POSITION": 0}, "indices": 1, "mode": 5},
                  {"attributes": {"POSITION": 0}, "indices": 2, "mode": 6}], [{"mesh": 0}])  # fmt: skip
    inline = gltf([(POINTS, "VEC3", 5126), (index, "SCALAR", 5123), (np.array([1, 5], np.uint16), "SCALAR", 5123),
                   (np.array([[1, 1, 1], [2, 2, 2]], np.float32), "VEC3", 5126)],
                  [{"attributes": {"POSITION": 0}, "indices": 1}], [{"mesh": 0}])  # fmt: skip
    inline["accessors"][0]["sparse"] = {
        "count": 2, "indices": {"bufferView": 2, "componentType": 5123}, "values": {"bufferView": 3},
    }  # fmt: skip
    del inline["accessors"][2:]
    data = POINTS.tobytes() + index.tobytes() + struct.pack("<2H6f", 1, 5, 1, 1, 1, 2, 2, 2)
    inline["buffers"][0]["uri"] = "data:application/octet-stream;base64," + base64.b64encode(data).decode()
    beside = gltf(blocks, [{"attributes": attributes, "indices": 1}], [{"mesh": 0}])
    beside["buffers"][0]["uri"] = "roof%20data.bin"
    return {
        "mesh.glb": glb(gltf(blocks, [{"attributes": attributes, "indices": 1}], [{"mesh": 0}]), whole),
        "nodes.glb": glb(gltf(blocks, [{"attributes": attributes, "indices": 1}], moved), whole),
        "strip.glb": glb(turns, POINTS.tobytes() + strip.tobytes() + strip[:4].tobytes()),
        "sparse.gltf": json.dumps(inline).encode(),
        "beside.gltf": json.dumps(beside).encode(),
        "roof data.bin": whole,
    }


def wrl() -> bytes:
    points, uv = (",\n".join(" ".join(f"{v:g}" for v in row) for row in array.tolist()) for array in (POINTS, UV))
    faces = ",\n".join(", ".join(str(v) for v in row) + ", -1" for row in TRIANGLES.tolist())
    return (
        "#VRML V2.0 utf8\n# as BU-3DFE writes it\n"
        'Shape {\n appearance Appearance { texture ImageTexture { url "a#b.bmp" } }\n geometry IndexedFaceSet {\n'
        f"  coord Coordinate {{\n   point [\n{points}\n   ]\n  }}\n  coordIndex [\n{faces}\n  ]\n"
        f"  texCoord TextureCoordinate {{\n   point [\n{uv}\n   ]\n  }}\n  texCoordIndex [\n{faces}\n  ]\n }}\n}}\n"
    ).encode()


def bnt() -> bytes:
    values = both(POINTS, UV)
    values[3, 2] = -1e9
    return struct.pack("<HHdH", 2, 3, -1e9, 5) + b"a.png" + struct.pack("<I", 30) + values.T.astype("<f8").tobytes()


def png(depth: np.ndarray) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    lines = b"".join(b"\0" + row.astype(">u2").tobytes() for row in depth)
    head = struct.pack(">IIBBBBB", depth.shape[1], depth.shape[0], 16, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")


DEPTH = np.array([[0, 5000, 5010], [5020, 5030, 0]], np.uint16)
CAMERA = {"fx": 100.0, "fy": 100.0, "cx": 1.0, "cy": 0.5, "mm_per_unit": 0.1}


def good() -> dict[str, bytes]:
    camera = json.dumps(CAMERA).encode()
    return {
        **ply_files(), **obj_files(), **stl_files(), **off_files(), **pcd_files(), **text_files(), **npz_files(),
        **gltf_files(), "bu3dfe.wrl": wrl(), "range.bnt": bnt(),
        "kinect.png": png(DEPTH), "kinect.json": camera,
        "lidar.npy": npy(np.where(DEPTH == 0, np.nan, DEPTH).astype(np.float32)), "lidar.json": camera,
    }  # fmt: skip


def bad() -> dict[str, bytes]:
    """Files that must be refused; each name says what is wrong."""
    points = rows(POINTS)
    huge = 4_000_000_000
    document = {"asset": {"version": "2.0"}, "meshes": [{"primitives": [{"attributes": {"POSITION": 0}}]}],
                "accessors": [{"componentType": 5126, "count": huge, "type": "VEC3"}]}  # fmt: skip

    def escape(uri: str) -> bytes:
        return json.dumps({
            **document, "accessors": [{"bufferView": 0, "componentType": 5126, "count": 3, "type": "VEC3"}],
            "bufferViews": [{"buffer": 0, "byteLength": 36}], "buffers": [{"byteLength": 36, "uri": uri}],
        }).encode()  # fmt: skip

    crowd = {**document, "accessors": [{"componentType": 5126, "count": 60_000, "type": "VEC3"}],
             "nodes": [{"mesh": 0}] * 200}  # fmt: skip
    loop = {**document, "nodes": [{"children": [0]}], "scenes": [{"nodes": [0]}]}
    vertex = f"element vertex 6\n{XYZ}"
    return {
        "count_too_large.ply": ply("binary_little_endian", f"element vertex {huge}\n{XYZ}") + POINTS.tobytes(),
        "count_too_large_ascii.ply": ply("ascii", f"element vertex {huge}\n{XYZ}") + points.encode(),
        "list_too_long.ply": ply("binary_little_endian", vertex, f"element face 1\n{FACES.replace('uchar', 'uint')}")
        + POINTS.tobytes() + struct.pack("<I3i", huge, 0, 1, 2),
        "list_negative.ply": ply("binary_little_endian", vertex, f"element face 1\n{FACES.replace('uchar', 'int')}")
        + POINTS.tobytes() + struct.pack("<i3i", -3, 0, 1, 2),
        "index_out_of_range.ply": ply("ascii", vertex, f"element face 1\n{FACES}") + f"{points}3 0 1 6\n".encode(),
        "index_negative.ply": ply("ascii", vertex, f"element face 1\n{FACES}") + f"{points}3 0 1 -1\n".encode(),
        "index_nan.ply": ply("ascii", vertex, f"element face 1\n{FACES}") + f"{points}3 0 1 nan\n".encode(),
        "infinite.ply": ply("ascii", vertex) + points.replace("99", "inf").encode(),
        "huge_number.ply": ply("ascii", vertex) + points.replace("99", "9" * 400).encode(),
        "all_nan.ply": ply("ascii", vertex) + b"nan nan nan\n" * 6,
        "garbage_after.ply": ply("binary_little_endian", vertex) + POINTS.tobytes() + b"\0",
        "no_end_header.ply": b"ply\nformat ascii 1.0\nelement vertex 1\n",
        "no_vertex.ply": ply("ascii", f"element face 1\n{FACES}") + b"3 0 1 2\n",
        "no_points.ply": ply("ascii", vertex.replace("6", "0")),
        "is_an_obj.ply": rows(POINTS, "v ").encode(),
        "is_an_off.obj": b"OFF\n1 0 0\n0 0 0\n",
        "zero_index.obj": (rows(POINTS, "v ") + "f 0 1 2\n").encode(),
        "too_far_back.obj": (rows(POINTS, "v ") + "f -1 -2 -7\n").encode(),
        "huge_index.obj": (rows(POINTS, "v ") + "f 1 2 99999999999999999999999\n").encode(),
        "damaged_vertex.obj": rows(POINTS, "v ").replace("v 5", "w 5").replace("v -", "vx -").encode(),
        "short_vertex.obj": b"v 1 2 3\nv 1 2\n",
        "word.obj": b"v 1 2 three\n",
        "utf16.obj": "v 1 2 3\n".encode("utf-16"),
        "no_points.obj": b"# nothing\n",
        "count_too_large.stl": b"".ljust(80) + struct.pack("<I", huge) + b"\0" * 50,
        "no_endsolid.stl": stl_files()["ascii.stl"][:-14],
        "count_too_large.off": f"OFF\n{huge} 0 0\n{points}".encode(),
        "index_out_of_range.off": f"OFF\n6 1 0\n{points}3 0 1 6\n".encode(),
        "count_too_large.pcd": pcd("binary", huge) + b"\0" * 28,
        "bomb.pcd": pcd("binary_compressed", 1_000_000) + struct.pack("<II", 4, 28_000_000) + b"\0\0\0\0",
        "ragged.xyz": b"1 2 3\n4 5\n6 7 8\n",
        "two_columns.xyz": b"1 2\n3 4\n",
        "empty_field.csv": b"x,y,z\n1,,3\n",
        "no_titles.csv": b"a,b,c\n1,2,3\n",
        "not_utf8.xyz": b"1 2 3\n\xff\xfe\xfd 1 2\n",
        "empty.xyz": b"",
        "blank.xyz": b"\n \n",
        "pickled.npz": archive({"points": npy(np.zeros(3)).replace(b"'<f8'", b"'|O' ")}),
        "declared_too_large.npz": archive({"points": npy(np.zeros((1, 3))).replace(b"(1, 3)", b"(9**9)")}),
        "shape_too_large.npz": archive({"points": npy(np.zeros((11111111, 1), np.float32))[:128]}),
        "endless_shape.npz": archive({"points": npy(np.zeros(3)).replace(
            b"(3,), }" + b" " * 50, b"(" + b"1" * 52 + b",,,,")}),
        "empty_and_endless.npz": archive({"points": npy(np.zeros(3))[:-24].replace(
            b"(3,), }" + b" " * 50, b"(0, 1" + b"0" * 47 + b"), }")}),
        "no_points.npz": archive({"other": npy(POINTS)}),
        "no_zip.npz": b"PK\x03\x04 and nothing else",
        "count_without_data.gltf": json.dumps(document).encode(),
        "one_mesh_too_often.gltf": json.dumps(crowd).encode(),
        "parent_folder.gltf": escape("../secret.bin"),
        "hidden_parent_folder.gltf": escape("%2e%2e/secret.bin"),
        "absolute_path.gltf": escape("/etc/hostname"),
        "web.gltf": escape("https://example.org/a.bin"),
        "no_text.gltf": json.dumps(document).replace("VEC3", "\\ud800").replace(str(huge), "1").encode(),
        "missing.gltf": escape("absent.bin"),
        "own_parent.gltf": json.dumps(loop).encode(),
        "deep.gltf": b'{"asset":' + b"[" * 3000 + b"]" * 3000 + b"}",
        "wrong_length.glb": gltf_files()["mesh.glb"] + b"\0",
        "open_bracket.wrl": wrl().replace(b"]", b"", 1),
        "index_out_of_range.wrl": wrl().replace(b"3, 0, 4", b"3, 0, 9"),
        "short.bnt": bnt()[:-8],
        "long.bnt": bnt() + b"\0" * 8,
    }  # fmt: skip


if __name__ == "__main__":
    for folder, files in (("good", good()), ("bad", bad())):
        shutil.rmtree(HERE / folder, ignore_errors=True)
        (HERE / folder).mkdir()
        for name, data in files.items():
            (HERE / folder / name).write_bytes(data)
