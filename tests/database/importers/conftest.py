"""Small folders in the published layouts. The files are empty of scans: importers read names and metadata alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

Lay = Callable[..., Path]


@pytest.fixture
def lay(tmp_path: Path) -> Lay:
    """Return a function that writes files, by name, into a folder and returns it."""

    def write(files: Mapping[str, str | bytes], folder: str = "sent") -> Path:
        root = tmp_path / folder
        root.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return root

    return write


def _facescape() -> dict[str, str]:
    files = {}
    for subject in ("1", "2", "10"):
        for stem in ("1_neutral", "2_smile", "20_brow_lower"):
            model = f"{subject}/models_reg/{stem}"
            files |= {f"{model}.obj": "v", f"{model}.obj.mtl": "m", f"{model}.jpg": "t"}
            files[f"{subject}/dpmap/{stem}.png"] = "d"
    files["info_list_v1.txt"] = "1 f 99 1 0000\n"
    files["info_list_v2.txt"] = "1 m 23 1 0000\n2 f 31 0 0001\n10 - - 1 0000\n"
    files["publishable_list_v1.txt"] = "2, 10, 212"
    return files


def _view(view: int) -> str:
    return (
        f'"{view}_K": [[1200, 0, 640, 0], [0, 1200, 480, 0], [0, 0, 1, 0], [0, 0, 0, 1]], '
        f'"{view}_Rt": [[1, 0, 0, 0.5], [0, 1, 0, 0.25], [0, 0, 1, 2]], '
        f'"{view}_distortion": [0.1, 0.2, 0, 0, 0.3], "{view}_width": 1280, "{view}_height": 960, '
        f'"{view}_valid": true, "{view}_matches": 7, "{view}_sn": "A{view}", "{view}_ori": "Jane Doe.jpg"'
    )


def _facescape_multiview() -> dict[str, str]:
    files = {}
    for stem in ("1_neutral", "4_anger"):
        files |= {f"images/7/{stem}/{view}.jpg": "p" for view in (0, 1, 10)}
        files[f"images/7/{stem}/params.json"] = "{" + ", ".join(_view(view) for view in (0, 1, 10)) + "}"
        files[f"meshes/7/{stem}.ply"] = "ply"
    return files


def _siat3dfe() -> dict[str, str]:
    files = {}
    for sex in ("female", "male"):
        for expression in ("0", "2", "10"):
            scan = f"dataset/{sex}/0/{expression}"
            files |= {f"{scan}/model.cie": "c", f"{scan}/model.jpg": "t", f"{scan}/MTL_File/model.mtl": "m"}
            files |= {f"{scan}/texture/{camera}.bmp": "p" for camera in (2, 3)}
            files |= {f"{scan}/mask/{camera}.png": "k" for camera in (2, 3)}
            files |= {f"{scan}/Calibration_Param/calib{side}.txt": "1" for side in ("Left", "EOSRight")}
            files |= {f"{scan}/uniform mesh/registrate2Template{number}.obj": "v" for number in (1, 2)}
    return files


def _pixelface() -> dict[str, str]:
    rows = ["7 100 1 25 1", "7 101 1 25 1", "7 102 1 25 0", "9 103 0 61 22", "9 999 0 61 3"]
    files = {"release_id/release_info.txt": "\n".join(rows), "release_id/release_id.txt": "100\n101"}
    files |= {"release_id/split/release_train.txt": "100\n101\n102\n", "release_id/split/release_eva.txt": "103\n"}
    for sample in (100, 101, 102):
        files |= {f"data/{sample}/{view}/t.bmp": "p" for view in (0, 1, 2)}
        files |= {f"data/{sample}/{view}/depth.bmp": "d" for view in (0, 1, 2)}
        files[f"data/{sample}/fusion/gt.mat"] = "m"
    files |= {f"data/103/mesh/{view}/t.bmp": "p" for view in (0, 1, 2)}
    files |= {"data/103/depth/0/depth.png": "d", "data/103/depth/0/rgb_d.bmp": "p", "data/103/mesh/fusion/gt.mat": "m"}
    return files


def _bu3dfe() -> dict[str, str]:
    files = {}
    for stem in ("F0001/F0001_AN01WH", "F0001/F0001_AN04WH", "F0001/F0001_NE00WH", "M0044/M0044_SU02AE"):
        files |= {f"{stem}_F3D.{suffix}": "x" for suffix in ("wrl", "bmp", "bnd")}
        files |= {f"{stem}_RAW.{suffix}": "x" for suffix in ("wrl", "bmp", "pse")}
        files[f"{stem}_F2D.bmp"] = "x"
    return files


def _headspace() -> dict[str, str]:
    about = (
        "id:00002\ngender:female\nage:34\ndeclaredethnicGroup:white british\nexpression:neutral\nbeardDescriptor:none"
    )
    files = {}
    for subject, capture in (("00002", "140507101112"), ("00002", "140507101230"), ("00003", "140507111213")):
        files |= {f"subjects/{subject}/{capture}.{suffix}": "x" for suffix in ("obj", "mtl", "bmp")}
        files[f"subjects/{subject}/ldmks{capture}.txt"] = "1\n"
    files["subjects/00002/subject.txt"] = about
    return files


def _omniobject3d() -> dict[str, str]:
    frame = '{"file_path": "r_%d", "rotation": 0.1, "transform_matrix": [[1, 0], [0, 1]], "scale": 0.01}'
    files = {f"raw_scans/antique/antique_{n}/Scan/Scan.{s}": "x" for n in ("001", "019") for s in ("obj", "mtl", "jpg")}
    render = "blender_renders/antique/antique_001/render"
    for view in (0, 1):
        files |= {f"{render}/images/r_{view}.png": "p", f"{render}/depths/r_{view}_depth0001.exr": "d"}
        files[f"{render}/normals/r_{view}_normal0001.exr"] = "n"
    files[f"{render}/transforms.json"] = '{"camera_angle_x": 0.7, "frames": [' + frame % 0 + ", " + frame % 1 + "]}"
    video = "videos_processed/antique/antique_001/standard"
    files |= {f"{video}/images/00001.jpg": "p", f"{video}/matting/00001.png": "k"}
    files |= {
        f"{video}/poses_bounds.npy": "c",
        f"{video}/poses_bounds_rescaled.npy": "c",
        f"{video}/sparse/0/a.bin": "c",
    }
    files |= {"point_clouds/ply_files/1024/antique/antique_001/pcd_1024.ply": "x"}
    files |= {"point_clouds/hdf5_files/1024/antique_1024.hdf5": "x"}
    return files


def _manifest() -> dict[str, str]:
    return {"manifest.csv": "subject,file\nanna,anna.ply\nbert,bert.ply\n", "anna.ply": "x", "bert.ply": "x"}


FOLDERS: Mapping[str, Callable[[], dict[str, str]]] = {
    "facescape": _facescape,
    "facescape-multiview": _facescape_multiview,
    "siat3dfe": _siat3dfe,
    "pixelface": _pixelface,
    "bu3dfe": _bu3dfe,
    "headspace": _headspace,
    "omniobject3d": _omniobject3d,
    "manifest": _manifest,
}


@pytest.fixture
def folder_of() -> Callable[[str], dict[str, str]]:
    """Return a function that gives the files of a small folder in a layout, by name."""
    return lambda layout: FOLDERS[layout]()
