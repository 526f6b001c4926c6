"""Truths about baked colour: a colour that depends on the place comes back, from vertices, textures and clouds."""

import json
import struct
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from lineament.errors import FormatError, InputError
from lineament.face.colour import bake_colour, write_colour
from lineament.face.detail import subdivided
from lineament.face.face import Face
from lineament.face.model import load_face_model
from lineament.face.uvmap import uv_map
from lineament.geometry.alignment import Similarity
from lineament.io.scans import read_scan, write_scan
from lineament.io.scans.texture import read_texture
from lineament.types import Scan, Source

SIZE = 256


def paint(points):
    """sRGB of a place, linear in it."""
    return np.clip(points * [0.7, 0.5, 0.6] + [128, 128, 100], 0, 255)


@pytest.fixture(scope="module")
def model():
    return load_face_model()


@pytest.fixture(scope="module")
def face(model):
    vertices = model.shape(0.8 * np.random.default_rng(0).normal(size=100))
    return Face(vertices, np.zeros(100), np.zeros(53), np.ones(len(vertices)), Similarity.identity())


@pytest.fixture(scope="module")
def scan(face):
    fine = subdivided(face, 1)
    return Scan(fine.points + fine.normals, fine.triangles, colors=np.rint(paint(fine.points)), unit="mm")


@pytest.fixture(scope="module")
def expected(face):
    return paint(uv_map(SIZE).interpolate(face.vertices))


@pytest.fixture(scope="module")
def stripes(model):
    """A texture in the model's own uv: what is baked must be the image itself."""
    column, row = np.meshgrid(np.arange(SIZE), np.arange(SIZE))
    image = np.stack([column, row, 127 + 100 * np.sin(column / 9)], axis=-1).astype(np.uint8)
    return image, Scan(model.vertices, model.triangles, uv=model.uv, unit="mm")


@pytest.fixture(scope="module")
def mean_face(model):
    return Face(model.vertices, np.zeros(100), np.zeros(53), np.ones(len(model.vertices)), Similarity.identity())


def errors(colour, truth):
    texel = uv_map(SIZE).texel
    measured = colour.measured.reshape(-1)[texel]
    assert measured.mean() > 0.85
    return np.abs(colour.image.reshape(-1, 3)[texel].astype(float) - truth).max(axis=1)[measured]


def test_colours_of_vertices_are_interpolated(face, scan, expected):
    assert np.percentile(errors(bake_colour(face, scan, SIZE), expected), 99) < 2


def test_a_scan_elsewhere_in_another_unit_gives_the_same_image(face, scan):
    turn = np.array([[0.0, 0, 1], [1, 0, 0], [0, 1, 0]])
    to_scan = Similarity(0.1, turn, np.array([3.0, 2, 1]))
    moved = replace(scan, points=to_scan.apply(scan.points), unit="cm")
    one = bake_colour(face, scan, SIZE).image.astype(int)
    other = bake_colour(replace(face, pose=to_scan.inverse()), moved, SIZE).image.astype(int)
    assert np.percentile(np.abs(one - other), 99.9) <= 1


def test_a_hole_is_filled_smoothly_from_around(model, face, scan, expected):
    tip = model.landmarks(face.vertices, "ibug68")[30]
    gone = (np.linalg.norm(scan.points - tip, axis=1) < 15)[scan.triangles].any(axis=1)
    baked = bake_colour(face, replace(scan, triangles=scan.triangles[~gone]), SIZE)
    uv = uv_map(SIZE)
    inside = np.linalg.norm(uv.interpolate(face.vertices) - tip, axis=1) < 13
    assert not baked.measured.reshape(-1)[uv.texel][inside].any()
    filled = baked.image.reshape(-1, 3)[uv.texel][inside]
    # the blue of the tip itself is out of reach: it stands out of the ring around the hole
    assert np.abs(filled[:, :2] - expected[inside][:, :2]).max() < 12


def test_of_the_eyes_what_the_lids_cover_is_not_measured(model, face, scan):
    uv = uv_map(SIZE)
    names = np.array(model.region_names)[model.region[model.triangles].max(axis=1)[uv.triangle]]
    measured = bake_colour(face, scan, SIZE).measured.reshape(-1)[uv.texel]
    for side in ("left", "right"):
        assert 0.3 < measured[names == f"eyeball_{side}"].mean() < 0.98
    assert not measured[names == "mouth"].any()


def test_the_image_has_no_background(face, scan):
    assert (bake_colour(face, scan, SIZE).image.max(axis=2) > 20).all()


def test_colours_of_a_cloud(face, scan, expected):
    cloud = Scan(scan.points, colors=scan.colors)
    assert np.percentile(errors(bake_colour(face, cloud, SIZE), expected), 95) < 3


def save_textured(folder, image, scan, name="scan"):
    """An OBJ with material and texture."""
    write_scan(scan, folder / f"{name}.obj")
    text = (folder / f"{name}.obj").read_text()
    (folder / f"{name}.obj").write_text(f"mtllib {name}.mtl\n{text}")
    (folder / f"{name}.mtl").write_text(f"newmtl skin\nmap_Kd -s 1 1 1 {name}_skin.png\n")
    Image.fromarray(image).save(folder / f"{name}_skin.png")
    return folder / f"{name}.obj"


def test_the_texture_that_an_obj_names_is_baked(tmp_path, mean_face, stripes):
    image, scan = stripes
    baked = bake_colour(mean_face, read_scan(save_textured(tmp_path, image, scan)), SIZE)
    assert np.percentile(errors(baked, image.reshape(-1, 3)[uv_map(SIZE).texel]), 99) < 2


def test_a_texture_with_seams_is_baked_too(tmp_path, mean_face, stripes):
    image, scan = stripes
    path = save_textured(tmp_path, image, scan)
    lines = path.read_text().splitlines()
    last = max(i for i, line in enumerate(lines) if line.startswith("vt "))
    lines.insert(last + 1, "vt 0.25 0.25")
    corner = next(i for i, line in enumerate(lines) if line.startswith("f "))
    first = lines[corner].split()
    first[1] = f"{first[1].split('/')[0]}/{len(scan) + 1}"
    lines[corner] = " ".join(first)
    path.write_text("\n".join(lines) + "\n")
    torn = read_scan(path)
    assert torn.uv is None
    baked = bake_colour(mean_face, torn, SIZE)
    assert np.percentile(errors(baked, image.reshape(-1, 3)[uv_map(SIZE).texel]), 99) < 2


def test_corners_of_polygons_keep_their_uv(tmp_path):
    (tmp_path / "quad.obj").write_text(
        "v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\nv 2 2 2\n"
        "vt 0 0\nvt 1 0\nvt 1 1\nvt 0 1\nvt .5 .5\n"
        "f 1/1 2/2 3/3 4/4\nf -4/-1 \\\n-3/-3 -1/-5\n"
    )
    Image.fromarray(np.zeros((2, 2, 3), np.uint8)).save(tmp_path / "quad.png")
    scan = read_scan(tmp_path / "quad.obj")
    uv = read_texture(scan).uv
    at = {0: (0, 0), 1: (1, 0), 2: (1, 1), 3: (0, 1)}
    np.testing.assert_array_equal(uv[:2], [[at[i] for i in triangle] for triangle in scan.triangles[:2].tolist()])
    np.testing.assert_array_equal(scan.triangles[2], [1, 2, 4])
    np.testing.assert_array_equal(uv[2], [(0.5, 0.5), (1, 1), (0, 0)])


def test_a_texture_beside_the_scan_or_given_is_found(tmp_path, stripes):
    image, scan = stripes
    write_scan(scan, tmp_path / "scan.glb")
    read = read_scan(tmp_path / "scan.glb")
    assert read_texture(read) is None
    Image.fromarray(image).save(tmp_path / "other.png")
    np.testing.assert_array_equal(read_texture(read, tmp_path / "other.png").image, image)
    Image.fromarray(image).save(tmp_path / "scan.png")
    found = read_texture(read)
    np.testing.assert_array_equal(found.image, image)
    np.testing.assert_allclose(found.uv, scan.uv[scan.triangles], atol=1e-6)


def test_a_texture_inside_a_glb_is_found(tmp_path, stripes):
    image, scan = stripes
    write_scan(scan, tmp_path / "scan.glb")
    Image.fromarray(image).save(tmp_path / "inside.png")
    data, picture = (tmp_path / "scan.glb").read_bytes(), (tmp_path / "inside.png").read_bytes()
    (tmp_path / "inside.png").unlink()
    size = struct.unpack("<I", data[12:16])[0]
    document, binary = json.loads(data[20 : 20 + size]), data[28 + size :]
    document["bufferViews"].append({"buffer": 0, "byteOffset": len(binary), "byteLength": len(picture)})
    document["images"] = [{"bufferView": len(document["bufferViews"]) - 1, "mimeType": "image/png"}]
    document["textures"] = [{"source": 0}]
    document["materials"] = [{"pbrMetallicRoughness": {"baseColorTexture": {"index": 0}}}]
    document["meshes"][0]["primitives"][0]["material"] = 0
    binary += picture + b"\0" * (-len(picture) % 4)
    document["buffers"][0]["byteLength"] = len(binary)
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    parts = struct.pack("<II", len(text), 0x4E4F534A) + text + struct.pack("<II", len(binary), 0x004E4942) + binary
    (tmp_path / "scan.glb").write_bytes(b"glTF" + struct.pack("<II", 2, 12 + len(parts)) + parts)
    np.testing.assert_array_equal(read_texture(read_scan(tmp_path / "scan.glb")).image, image)


def test_the_texture_that_a_ply_names_is_found(tmp_path, stripes):
    image, scan = stripes
    write_scan(scan, tmp_path / "scan.ply")
    data = (tmp_path / "scan.ply").read_bytes()
    (tmp_path / "scan.ply").write_bytes(
        data.replace(b"comment written", b"comment TextureFile my skin.png\ncomment w", 1)
    )
    Image.fromarray(image).save(tmp_path / "my skin.png")
    read = read_scan(tmp_path / "scan.ply")
    assert read.uv is not None
    np.testing.assert_array_equal(read_texture(read).image, image)


def test_a_texture_finer_than_the_map_is_averaged(tmp_path, mean_face, stripes):
    board = (np.indices((8 * SIZE, 8 * SIZE)).sum(axis=0) % 2 * 255).astype(np.uint8)
    Image.fromarray(board).convert("RGB").save(tmp_path / "board.png")
    baked = bake_colour(mean_face, stripes[1], SIZE, texture=tmp_path / "board.png")
    assert np.percentile(errors(baked, np.full(3, 127.5)), 99) < 6


def test_what_cannot_be_baked_is_refused(tmp_path, face, scan, stripes):
    bare = replace(scan, colors=None)
    with pytest.raises(InputError, match="no colours"):
        bake_colour(face, bare, SIZE)
    with pytest.raises(InputError, match="no colours"):
        bake_colour(face, Scan(scan.points), SIZE)
    with pytest.raises(InputError, match="no uv"):
        bake_colour(face, bare, SIZE, texture=tmp_path / "skin.png")
    with pytest.raises(InputError, match="nowhere within"):
        bake_colour(face, replace(scan, points=scan.points + np.float32(400)), SIZE)
    (tmp_path / "skin.png").write_bytes(b"not an image")
    for texture, error in (("skin.png", FormatError), ("missing.png", InputError)):
        with pytest.raises(error, match=texture):
            bake_colour(face, stripes[1], SIZE, texture=tmp_path / texture)


def test_two_textures_are_refused_and_none_is_read_from_other_folders(tmp_path, stripes):
    image, scan = stripes
    (tmp_path / "in").mkdir()
    path = save_textured(tmp_path / "in", image, scan)
    material = tmp_path / "in" / "scan.mtl"
    Image.fromarray(image).save(tmp_path / "outside.png")
    material.write_text("map_Kd ../outside.png\n")
    assert read_texture(read_scan(path)) is None
    Image.fromarray(image).save(tmp_path / "in" / "second.png")
    material.write_text("map_Kd scan_skin.png\nmap_Kd second.png\n")
    with pytest.raises(InputError, match="2 texture images"):
        read_texture(read_scan(path))


def test_a_scan_whose_file_is_gone_has_no_texture(tmp_path, stripes):
    scan = replace(stripes[1], uv=None, source=Source(tmp_path / "gone.obj", "obj"))
    assert read_texture(scan) is None


def test_the_png_holds_the_image(tmp_path, face, scan):
    baked = bake_colour(face, scan, 64)
    with Image.open(write_colour(baked, tmp_path / "skin.png")) as image:
        np.testing.assert_array_equal(np.asarray(image), baked.image)
