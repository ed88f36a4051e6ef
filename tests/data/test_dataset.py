"""What all data sets share: lists, where predictions lie, what ids stand for."""

from pathlib import Path

import numpy as np
import pytest
import torch

from small_data_sets import box, write_labels
from steadymask.data.dataset import ClassIds, Dataset, DatasetClip, by_stem, named_clips, predictions_of
from steadymask.errors import InputError, VideoError
from steadymask.io.mask_frame import MaskFrame
from steadymask.io.masks import open_masks

IDS = ClassIds(names=("road", "car"), ids=(7, 26), predicted=(0, 1), void=(255,))


def test_a_list_names_clips_or_the_files_of_frames(tmp_path: Path) -> None:
    path = tmp_path / "val.txt"
    path.write_text("bear\n\ndog\nbear\n")
    assert named_clips(path) == ("bear", "dog")
    path.write_text(
        "/JPEGImages/480p/bear/00000.jpg /Annotations/480p/bear/00000.png\n"
        "/JPEGImages/480p/bear/00001.jpg /Annotations/480p/bear/00001.png\n"
        "/JPEGImages/480p/dog/00000.jpg /Annotations/480p/dog/00000.png\n"
    )
    assert named_clips(path) == ("bear", "dog")


def test_a_list_that_is_empty_missing_or_no_text_is_an_error_in_a_line(tmp_path: Path) -> None:
    path = tmp_path / "val.txt"
    with pytest.raises(VideoError, match=r"val\.txt: wanted a list of clips, got no such file"):
        named_clips(path)
    path.write_text("\n \n")
    with pytest.raises(VideoError, match=r"val.txt: wanted the names of clips, one a line, got none"):
        named_clips(path)
    path.write_bytes(b"\xff\xfe\xff")
    with pytest.raises(VideoError, match=r"val.txt: cannot be read"):
        named_clips(path)


def test_predictions_are_a_folder_or_a_file_of_the_name_of_the_clip(tmp_path: Path) -> None:
    clip = DatasetClip(name="dog")
    with pytest.raises(InputError, match=r"wanted the masks of dog \(a folder or one file .*\), got none"):
        predictions_of(clip, tmp_path, {})
    (tmp_path / "dog.npz").write_bytes(b"")
    assert predictions_of(clip, tmp_path, {}) == tmp_path / "dog.npz"
    (tmp_path / "dog").mkdir()
    with pytest.raises(InputError, match=r"got 2: dog, dog\.npz"):
        predictions_of(clip, tmp_path, {})


def test_flat_predictions_are_found_by_stem_also_in_folders_below(tmp_path: Path) -> None:
    clip = DatasetClip(name="a_0", video=(Path("a_0.png"), Path("a_1.png")), flat=True)
    write_labels(tmp_path / "city" / "a_0.png", box())
    with pytest.raises(InputError, match=r"each of 2 frames of a_0, got none for 1, the first a_1"):
        predictions_of(clip, tmp_path, by_stem(tmp_path))
    write_labels(tmp_path / "a_1.png", box())
    found = predictions_of(clip, tmp_path, by_stem(tmp_path))
    assert found == (tmp_path / "city" / "a_0.png", tmp_path / "a_1.png")
    write_labels(tmp_path / "town" / "a_1.png", box())
    with pytest.raises(InputError, match=r"wanted one mask for each frame, got .*a_1.png and .*a_1.png"):
        by_stem(tmp_path)


def test_flat_predictions_of_the_annotated_frames_are_enough(tmp_path: Path) -> None:
    video = tuple(Path(f"a_{index}.png") for index in range(3))
    clip = DatasetClip(name="a", video=video, flat=True, annotated=(1,))
    write_labels(tmp_path / "a_1.png", box())
    assert predictions_of(clip, tmp_path, by_stem(tmp_path)) == (tmp_path / "a_1.png",)
    write_labels(tmp_path / "a_2.png", box())  # more, but not all: still those that count
    assert predictions_of(clip, tmp_path, by_stem(tmp_path)) == (tmp_path / "a_1.png",)
    (tmp_path / "a_1.png").unlink()
    with pytest.raises(InputError, match="got none for 2, the first a_0"):
        predictions_of(clip, tmp_path, by_stem(tmp_path))


def test_ids_of_the_truth_become_classes_and_all_others_void() -> None:
    labels = torch.tensor([[7, 26, 0, 255, -1, 70000]], dtype=torch.int32)
    assert IDS.of_truth(labels).tolist() == [[0, 1, -1, -1, -1, -1]]


def predicted(tmp_path: Path, ids: list[int]) -> torch.Tensor:
    write_labels(tmp_path / "m" / "00000.png", np.zeros((2, 2)))
    frame = MaskFrame(index=0, stem="00000", labels=torch.tensor([ids], dtype=torch.int32))
    return IDS.of_prediction(frame, open_masks(tmp_path / "m"))


def test_predicted_void_is_a_class_of_its_own(tmp_path: Path) -> None:
    assert predicted(tmp_path, [0, 1, 255, -1]).tolist() == [[0, 1, 2, 2]]


@pytest.mark.parametrize("id", [2, 26, 70000])
def test_a_predicted_id_of_no_class_is_named(tmp_path: Path, id: int) -> None:
    with pytest.raises(InputError, match=rf"frame 00000: wanted ids of 2 classes \(0 to 1\), got {id}"):
        predicted(tmp_path, [0, id])


def test_a_data_set_has_a_clip() -> None:
    with pytest.raises(InputError, match="DAVIS: wanted at least one clip, got none"):
        Dataset(name="DAVIS", clips=())
