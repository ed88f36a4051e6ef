import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from small_files import palette_picture, smooth_pictures, write_clip, write_pictures

from steadymask.errors import InputError, SteadymaskError, VideoError
from steadymask.io.label_colors import blended_ids
from steadymask.io.mask_format import FORMATS, NpzFormat, PngFormat, color_map, format_named, frame_format
from steadymask.io.mask_frame import MaskFrame, labels_of, two_classes
from steadymask.io.mask_writer import encode_masks, open_mask_writer
from steadymask.io.masks import open_masks
from steadymask.io.png import PngHeader, read_header, write_png

SIZE = (13, 21)
PALETTE = color_map()


def blocks(ids, size=SIZE):
    """Labels that lie in vertical stripes, one per id."""
    columns = np.arange(size[1]) * len(ids) // size[1]
    return np.broadcast_to(np.asarray(ids)[columns], size).copy()


def save_palette(folder, maps, palette=PALETTE, **save):
    folder.mkdir(parents=True, exist_ok=True)
    for index, ids in enumerate(maps):
        palette_picture(ids, palette).save(folder / f"{index:05d}.png", **save)
    return folder


def labels(masks):
    return [frame.labels.numpy() for frame in masks.frames()]


def written(folder, masks, frames=None):
    """Write masks in their own format and open the result; what the user told is told again."""
    writer = open_mask_writer(folder, masks.format, size=masks.size)
    for frame in masks.frames() if frames is None else frames:
        writer.write(frame)
    return folder


# --- what is read


def test_a_palette_png_holds_indices_and_is_written_back_byte_for_byte(tmp_path):
    palette = bytes(range(30))
    maps = [blocks([0, 3, 9]), blocks([1, 2, 0])]
    for index, ids in enumerate(maps):
        folder = tmp_path / "masks"
        folder.mkdir(exist_ok=True)
        header = PngHeader(size=SIZE, color="palette", depth=8, palette=palette, transparency=b"\x00\xff\x80")
        write_png(folder / f"frame_{index}.png", ids.astype(np.uint8), header, smooth=False)
    masks = open_masks(tmp_path / "masks")
    assert masks.stems == ("frame_0", "frame_1")
    assert all((a == b).all() for a, b in zip(labels(masks), maps, strict=True))
    again = written(tmp_path / "out", masks)
    assert read_header(again / "frame_0.png") == read_header(tmp_path / "masks" / "frame_0.png")
    assert (again / "frame_1.png").read_bytes() == (tmp_path / "masks" / "frame_1.png").read_bytes()


@pytest.mark.parametrize("depth", [1, 2, 4, 8])
def test_a_palette_png_of_any_depth_is_read_as_other_programs_write_it(tmp_path, depth):
    ids = blocks(list(range(min(2**depth, 21))))
    save_palette(tmp_path / "masks", [ids], bits=depth)
    masks = open_masks(tmp_path / "masks")
    assert masks.format.depth == depth
    assert (labels(masks)[0] == ids).all()
    written(tmp_path / "out", masks)
    assert (np.asarray(Image.open(tmp_path / "out" / "00000.png")) == ids).all()


def test_a_palette_may_be_shorter_in_some_frames_but_not_different(tmp_path):
    save_palette(tmp_path / "masks", [blocks([0, 1]), blocks([0, 5])], palette=color_map()[:24])
    save_palette(tmp_path / "masks", [blocks([0, 1])], palette=color_map()[:9])
    assert open_masks(tmp_path / "masks").format.palette[:24] == color_map()[:24]
    save_palette(tmp_path / "masks", [blocks([0, 1])], palette=b"\x01" * 9)
    with pytest.raises(InputError, match=r"wanted one palette in all masks"):
        open_masks(tmp_path / "masks")


def test_grey_that_holds_only_0_and_255_is_binary_and_written_so(tmp_path):
    maps = [blocks([0, 255]).astype(np.uint8), np.zeros(SIZE, np.uint8)]
    masks = open_masks(write_pictures(tmp_path / "masks", maps))
    assert "binary" in masks.decision
    assert set(np.unique(labels(masks)[0])) == {0, 1}
    again = written(tmp_path / "out", masks)
    for index, ids in enumerate(maps):
        assert (np.asarray(Image.open(again / f"{index:05d}.png")) == ids).all()


@pytest.mark.parametrize("levels", [[0, 1], [0, 128, 255], [7]])
def test_other_grey_levels_must_be_explained(tmp_path, levels):
    maps = [blocks([0, 255]).astype(np.uint8), blocks(levels).astype(np.uint8)]
    folder = write_pictures(tmp_path / "masks", maps)
    level = next(level for level in levels if level not in (0, 255))
    with pytest.raises(
        InputError, match=rf"00001.png: .*got {level}; .*--read-as labels or --read-as probability"
    ):
        open_masks(folder)
    assert set(np.unique(labels(open_masks(folder, read_as="labels"))[1])) == set(levels)
    probs = list(open_masks(folder, read_as="probability").frames())[1].probs
    assert probs.shape == (2, *SIZE)
    assert torch.equal(probs[1], torch.from_numpy(maps[1] / np.float32(255)))
    assert torch.equal(probs[0], 1 - probs[1])


def test_one_bit_png_holds_one_object(tmp_path):
    ids = blocks([0, 1]).astype(bool)
    masks = open_masks(write_pictures(tmp_path / "masks", [ids]))
    assert (labels(masks)[0] == ids).all()
    written(tmp_path / "out", masks)
    with Image.open(tmp_path / "out" / "00000.png") as image:
        assert image.mode == "1"
        assert (np.asarray(image) == ids).all()


@pytest.mark.parametrize("depth", [2, 4])
def test_shallow_grey_holds_ids_as_stored(tmp_path, depth):
    ids = blocks(list(range(2**depth))).astype(np.uint8)
    header = PngHeader(size=SIZE, color="grey", depth=depth)
    (tmp_path / "masks").mkdir()
    write_png(tmp_path / "masks" / "0.png", ids, header, smooth=False)
    assert (labels(open_masks(tmp_path / "masks"))[0] == ids).all()


def test_16_bit_grey_holds_ids_or_probabilities(tmp_path):
    values = blocks([0, 300, 65535]).astype(np.uint16)
    folder = write_pictures(tmp_path / "masks", [values])
    assert (labels(open_masks(folder))[0] == values).all()
    soft = open_masks(folder, read_as="probability")
    assert soft.soft
    assert torch.allclose(next(soft.frames()).probs[1], torch.from_numpy(values / np.float32(65535)))
    for name, masks in (("hard", open_masks(folder)), ("soft", soft)):
        again = written(tmp_path / name, masks)
        assert (np.asarray(Image.open(again / "00000.png")) == values).all()


def test_rgb_codes_ids_from_its_lowest_byte(tmp_path):
    ids = blocks([0, 7, 256 * 3 + 5, 65536 * 2 + 1])
    pixels = np.stack((ids & 255, ids >> 8 & 255, ids >> 16), axis=-1).astype(np.uint8)
    masks = open_masks(write_pictures(tmp_path / "masks", [pixels]))
    assert (labels(masks)[0] == ids).all()
    assert (np.asarray(Image.open(written(tmp_path / "out", masks) / "00000.png")) == pixels).all()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("colors.txt", "# id red green blue\n0 0 0 0 road\n4 128 64 0 tree\n-1 255 255 255 void\n"),
        ("colors.csv", "id,r,g,b,name\n0,0,0,0,road\n4,128,64,0,a tree\n-1,255,255,255,void\n"),
        ("colors.json", '{"0": [0, 0, 0], "4": [128, 64, 0], "-1": [255, 255, 255]}'),
    ],
)
def test_a_table_names_the_id_of_every_color(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    ids = blocks([0, 4, -1])
    pixels = np.where((ids == 4)[..., None], (128, 64, 0), np.where((ids == -1)[..., None], 255, 0)).astype(
        np.uint8
    )
    masks = open_masks(write_pictures(tmp_path / "masks", [pixels]), colors=tmp_path / name)
    assert (labels(masks)[0] == ids).all()
    assert (np.asarray(Image.open(written(tmp_path / "out", masks) / "00000.png")) == pixels).all()
    pixels[5, 3] = 1, 2, 3
    write_pictures(tmp_path / "masks", [pixels])
    with pytest.raises(
        InputError, match=r"00000.png: wanted only colors of the table, got \(1, 2, 3\) at x 3, y 5"
    ):
        list(masks.frames())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "got none"),
        ("1 2 3\n", "wanted id red green blue"),
        ("1 2 3 256\n", "colors from 0 to 255"),
        ("1 0 0 0\n1 0 0 1\n", "every id once"),
        ("1 0 0 0\n2 0 0 0\n", "every color once"),
        ("[[1", "cannot be read"),
    ],
)
def test_a_table_that_does_not_fit_is_refused(tmp_path, text, message):
    path = tmp_path / ("colors.json" if text.startswith("[") else "colors.txt")
    path.write_text(text)
    folder = write_pictures(tmp_path / "masks", [np.zeros((4, 4, 3), np.uint8)])
    with pytest.raises(InputError, match=message):
        open_masks(folder, colors=path)


def smoothed_disk(scale=8, size=64):
    """The share of each pixel that a disk covers: what an anti-aliasing brush draws."""
    rows, columns = np.mgrid[: size * scale, : size * scale] / scale - size / 2
    inside = (rows**2 + columns**2 < (size / 3) ** 2).astype(np.float64)
    return inside.reshape(size, scale, size, scale).mean((1, 3))


def test_an_anti_aliased_picture_is_refused_with_the_way_out(tmp_path):
    share = smoothed_disk()[..., None]
    pixels = (share * np.array([200, 30, 60])).astype(np.uint8)
    with pytest.raises(InputError, match=r"colors that look like blends of smoothed edges; .*--colors FILE"):
        open_masks(write_pictures(tmp_path / "rgb", [pixels]))
    ids = (share[..., 0] * 200).astype(np.uint8)
    with pytest.raises(InputError, match=r"blends of smoothed edges; save the masks without smoothing"):
        open_masks(save_palette(tmp_path / "palette", [ids]))
    with pytest.raises(InputError, match=r"blends of smoothed edges; .*--read-as probability"):
        open_masks(write_pictures(tmp_path / "grey", [ids]), read_as="labels")


def test_many_ids_in_areas_are_no_blends():
    ids = np.kron(np.arange(600).reshape(20, 30), np.ones((3, 4), int))
    assert blended_ids(ids) == 0
    ids[::7, ::5] += 1  # specks of ids that elsewhere cover areas
    assert blended_ids(ids) == 0


def test_real_masks_are_no_blends(data):
    for name in ("osvos/dog", "rvos/dance-twirl", "truth/libby"):
        assert open_masks(data / "davis-dev-480p" / name).count > 0


# --- choices


def test_void_objects_and_merging_choose(tmp_path):
    folder = save_palette(tmp_path / "masks", [blocks([0, 1, 2, 3, 255])])
    kept = labels(open_masks(folder, void=255, objects=[3, 1]))[0]
    assert (kept == blocks([0, 1, 0, 3, -1])).all()
    merged = open_masks(folder, void=255, objects=[1, 3], merge_objects=True)
    assert (labels(merged)[0] == blocks([0, 1, 0, 1, -1])).all()
    assert merged.decision.endswith("id 255 is void; only objects 1, 3; objects merged into one")
    again = open_masks(written(tmp_path / "out", merged), void=255)
    assert (labels(again)[0] == blocks([0, 1, 0, 1, -1])).all()


def test_choosing_among_probabilities_gives_the_rest_to_the_background(tmp_path):
    probs = np.full((1, 4, 2, 2), 0.25, np.float32)
    np.savez(tmp_path / "masks.npz", probs=probs)
    chosen = next(open_masks(tmp_path / "masks.npz", objects=[2]).frames()).probs
    assert chosen[:, 0, 0].tolist() == [0.75, 0, 0.25, 0]
    merged = next(open_masks(tmp_path / "masks.npz", merge_objects=True).frames()).probs
    assert merged[:, 0, 0].tolist() == [0.25, 0.75]


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ({"void": 0}, "void: wanted an id above 0, got 0"),
        ({"objects": []}, "objects: wanted ids above 0"),
        (
            {"read_as": "probability"},
            "read_as: .*wanted 8- or 16-bit grey for probabilities, got 8-bit palette",
        ),
    ],
)
def test_a_choice_that_makes_no_sense_is_refused(tmp_path, choice, message):
    folder = save_palette(tmp_path / "masks", [blocks([0, 1])])
    with pytest.raises(InputError, match=message):
        open_masks(folder, **choice)


# --- what is refused


def test_a_file_that_does_not_fit_the_first_is_named(tmp_path):
    ids = blocks([0, 1]).astype(np.uint8)
    others = {
        "another size": (Image.fromarray(ids[:5] * 255), "wanted height x width 13 x 21 .*got 5 x 21"),
        "16 bits": (Image.fromarray(ids.astype(np.uint16)), "wanted 8-bit grey .*got 16-bit grey"),
        "a palette": (palette_picture(ids, color_map()), "wanted 8-bit grey .*got 8-bit palette"),
        "alpha": (Image.fromarray(ids).convert("LA"), "wanted a mask without alpha channel"),
        "rgba": (Image.fromarray(ids).convert("RGBA"), "wanted a mask without alpha channel"),
        "rgb": (Image.fromarray(ids).convert("RGB"), "wanted 8-bit grey .*got 8-bit rgb"),
    }
    for name, (image, message) in others.items():
        folder = write_pictures(tmp_path / name, [ids * 255] * 3)
        image.save(folder / "00001.png")
        with pytest.raises(InputError, match=f"00001.png: {message}"):
            open_masks(folder)


@pytest.mark.parametrize("share", [0, 0.3, 0.8])
def test_a_truncated_png_is_named(tmp_path, share):
    noise = np.random.default_rng(0).integers(0, 2, SIZE).astype(np.uint8) * 255
    folder = write_pictures(tmp_path / "masks", [noise] * 2)
    content = (folder / "00001.png").read_bytes()
    (folder / "00001.png").write_bytes(content[: int(share * len(content))])
    with pytest.raises(VideoError, match=r"00001.png: (wanted a PNG|cannot be read as a PNG)"):
        list(open_masks(folder).frames())


def test_pixels_that_are_damaged_are_named(tmp_path):
    folder = save_palette(tmp_path / "masks", [blocks([0, 1])] * 2)
    content = bytearray((folder / "00001.png").read_bytes())
    at = content.index(b"IDAT") + 6
    content[at : at + 6] = b"\xff" * 6
    (folder / "00001.png").write_bytes(content)
    with pytest.raises(VideoError, match=r"00001.png: cannot be read as a PNG"):
        list(open_masks(folder).frames())


def test_a_folder_without_masks_says_what_it_holds(tmp_path):
    write_pictures(tmp_path / "jpg", [np.zeros((8, 8), np.uint8)], ".jpg")
    (tmp_path / "empty").mkdir()
    for name, message in (
        ("jpg", "got only .jpg"),
        ("empty", "got none"),
        ("missing", "no such file or folder"),
    ):
        with pytest.raises(VideoError, match=message):
            open_masks(tmp_path / name)


def test_a_bomb_is_refused_before_memory_is_taken(tmp_path):
    (tmp_path / "masks").mkdir()
    header = PngHeader(size=(8, 8), color="grey", depth=8)
    write_png(tmp_path / "masks" / "0.png", np.zeros((8, 8), np.uint8), header, smooth=False)
    content = bytearray((tmp_path / "masks" / "0.png").read_bytes())
    content[16:24] = (60000).to_bytes(4, "big") * 2
    (tmp_path / "masks" / "0.png").write_bytes(content)
    with pytest.raises(VideoError, match=r"0.png: wanted 1 to 67108864 pixels, got 60000 x 60000"):
        open_masks(tmp_path / "masks")


@pytest.mark.parametrize(
    ("name", "largest"),
    [("palette", 255), ("binary", 1), ("grey", 255), ("grey16", 65535), ("rgb", 2**24 - 1)],
)
def test_an_id_that_the_format_cannot_hold_is_refused(tmp_path, name, largest):
    writer = open_mask_writer(tmp_path / "out", format_named(name), size=SIZE)
    fits = MaskFrame(index=0, stem="fits", labels=torch.full(SIZE, largest, dtype=torch.int32))
    writer.write(fits)
    with pytest.raises(InputError, match=f"large: wanted ids 0 to {largest} .*got {largest + 1}"):
        writer.write(MaskFrame(index=0, stem="large", labels=fits.labels + 1))
    with pytest.raises(InputError, match=f"void: wanted ids 0 to {largest} .*got -1"):
        writer.write(MaskFrame(index=0, stem="void", labels=torch.full(SIZE, -1, dtype=torch.int32)))
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["fits.png"]


def test_several_objects_do_not_fit_one_probability(tmp_path):
    writer = open_mask_writer(tmp_path / "out", format_named("probability8"), size=(1, 3))
    with pytest.raises(InputError, match=r"wanted probabilities of one object, got 2 objects"):
        writer.write(MaskFrame(index=0, stem="0", labels=torch.tensor([[0, 1, 2]], dtype=torch.int32)))


# --- there and back


@settings(deadline=None, derandomize=True, max_examples=40)
@given(
    ids=st.lists(st.integers(0, 65535), min_size=1, max_size=6),
    size=st.tuples(st.integers(1, 9), st.integers(1, 17)),
    name=st.sampled_from(["palette", "binary", "grey", "grey16", "rgb", "npz", "ffv1", "json"]),
)
def test_labels_come_back_from_every_format(tmp_path_factory, ids, size, name):
    folder = tmp_path_factory.mktemp("masks")
    format = format_named(name)
    if name == "ffv1":
        format = type(format)(codec="ffv1", pixel_format="gray16le", soft=False)
        size = (size[0] + 8, size[1] + 8)  # the smallest pictures are not worth a video
    largest = {"palette": 255, "binary": 1, "grey": 255}.get(name, 65535)
    wanted = [
        torch.from_numpy(blocks([(i + t) % (largest + 1) for i in ids], size).astype(np.int32))
        for t in range(3)
    ]
    frames = [MaskFrame(index=t, stem=f"{t:05d}", labels=each) for t, each in enumerate(wanted)]
    path = folder / f"masks{format.suffix if format.single_file else ''}"
    if format.single_file:
        encode_masks(path, frames, format, count=3)
    else:
        writer = open_mask_writer(path, format, size=size)
        for frame in frames:
            writer.write(frame)
    masks = open_masks(path, read_as="labels" if name in ("grey", "ffv1") else None)
    if name == "grey" and all(set(each.unique().tolist()) <= {0, 255} for each in wanted):
        return  # read as binary, as stated
    assert (masks.size, masks.count, masks.names) == (size, 3, ("00000", "00001", "00002"))
    assert all(torch.equal(frame.labels, each) for frame, each in zip(masks.frames(), wanted, strict=True))


@settings(deadline=None, derandomize=True, max_examples=25)
@given(
    seed=st.integers(0, 2**31), name=st.sampled_from(["probability8", "probability16", "ffv1", "vp9-alpha"])
)
def test_probabilities_come_back_to_the_last_bit_once_stored(tmp_path_factory, seed, name):
    format = format_named(name)
    levels = 65535 if name in ("probability16", "ffv1") else 255
    values = np.random.default_rng(seed).integers(0, levels + 1, (2, 20, 24)) / np.float32(levels)
    frames = [
        MaskFrame(index=t, stem=f"{t:05d}", probs=two_classes(torch.from_numpy(each.astype(np.float32))))
        for t, each in enumerate(values)
    ]
    path = tmp_path_factory.mktemp("masks") / f"masks{format.suffix}"
    if format.single_file:
        encode_masks(path, frames, format, count=2)
    else:
        path.mkdir()
        writer = open_mask_writer(path, format, size=(20, 24))
        for frame in frames:
            writer.write(frame)
    masks = open_masks(path, read_as=None if format.single_file else "probability")
    got = torch.stack([frame.probs[1] for frame in masks.frames()])
    assert torch.equal((got * levels).round(), torch.from_numpy(values * levels).round().float())


def test_prores_keeps_ten_bits_of_alpha(tmp_path):
    ramp = torch.linspace(0, 1, 48 * 64).reshape(48, 64)
    frame = MaskFrame(index=0, stem="0", probs=two_classes(ramp))
    encode_masks(tmp_path / "a.mov", [frame], format_named("prores4444"), count=1)
    got = open_masks(tmp_path / "a.mov")
    assert got.format == format_named("prores4444")
    assert (next(got.frames()).probs[1] - ramp).abs().max() < 1 / 1023
    encode_masks(tmp_path / "b.mov", got.frames(), got.format, count=1)
    assert torch.equal(next(open_masks(tmp_path / "b.mov").frames()).probs, next(got.frames()).probs)


@pytest.mark.parametrize("name", list(FORMATS))
def test_writing_twice_gives_the_same_bytes(tmp_path, name):
    format = format_named(name)
    soft = two_classes(torch.linspace(0, 1, 48 * 64).reshape(48, 64))
    hard = torch.from_numpy(blocks([0, 1, 0], (48, 64)).astype(np.int32))
    frame = {"probs": soft} if format.soft else {"labels": hard}
    frames = [MaskFrame(index=t, stem=f"{t}", **frame) for t in range(3)]
    contents = []
    for turn in "ab":
        if format.single_file:
            encode_masks(tmp_path / f"{turn}{format.suffix}", frames, format, count=3, fps=25.0)
            contents.append((tmp_path / f"{turn}{format.suffix}").read_bytes())
        else:
            paths = [
                open_mask_writer(tmp_path / turn, format, size=(48, 64)).write(frame) for frame in frames
            ]
            contents.append([path.read_bytes() for path in paths])
    assert contents[0] == contents[1]


@pytest.mark.parametrize("name", ["npz", "npz-probability", "prores4444", "vp9-alpha", "ffv1", "json"])
def test_finished_frames_wait_without_loss(tmp_path, name):
    format = format_named(name)
    if format.soft:
        given_ = {"probs": two_classes((torch.arange(48 * 64) % 1024).reshape(48, 64) / 1023)}
    else:
        given_ = {"labels": torch.from_numpy(blocks([0, 65535, 9], (48, 64)).astype(np.int32))}
    frame = MaskFrame(index=0, stem="00000", **given_)
    waiting = frame_format(format)
    assert not waiting.single_file
    assert frame_format(waiting) == waiting
    open_mask_writer(tmp_path / "frames", waiting, size=(48, 64)).write(frame)
    read_as = "probability" if isinstance(waiting, PngFormat) and waiting.soft else None
    back = list(open_masks(tmp_path / "frames", read_as=read_as).frames())
    encode_masks(tmp_path / f"direct{format.suffix}", [frame], format, count=1)
    encode_masks(tmp_path / f"waited{format.suffix}", back, format, count=1)
    assert (tmp_path / f"direct{format.suffix}").read_bytes() == (
        tmp_path / f"waited{format.suffix}"
    ).read_bytes()


def test_reading_from_a_later_frame_gives_the_same_masks(tmp_path):
    frames = [
        MaskFrame(index=t, stem=f"{t:05d}", labels=torch.full((32, 32), t % 2, dtype=torch.int32))
        for t in range(6)
    ]
    for name in ("palette", "npz", "ffv1", "json"):
        format = format_named(name)
        path = tmp_path / f"{name}{format.suffix}"
        if format.single_file:
            encode_masks(path, frames, format, count=6)
        else:
            for frame in frames:
                open_mask_writer(path, format, size=(32, 32)).write(frame)
        later = list(open_masks(path).frames(4))
        assert [(frame.index, frame.stem) for frame in later] == [(4, "00004"), (5, "00005")]
        assert [int(labels_of(frame)[0, 0]) for frame in later] == [0, 1]


def test_ids_become_certainties_and_probabilities_the_likeliest_id(tmp_path):
    ids = torch.from_numpy(blocks([0, 1]).astype(np.int32))
    frame = MaskFrame(index=0, stem="0", labels=ids)
    open_mask_writer(tmp_path / "soft", format_named("probability8"), size=SIZE).write(frame)
    soft = next(open_masks(tmp_path / "soft", read_as="probability").frames())
    assert torch.equal(soft.probs[1], ids.float())
    open_mask_writer(tmp_path / "hard", format_named("binary"), size=SIZE).write(soft)
    assert torch.equal(next(open_masks(tmp_path / "hard").frames()).labels, ids)


# --- npz


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int16", "int64", "uint16"])
@pytest.mark.parametrize("compressed", [True, False])
def test_an_npz_of_ids_comes_back_with_key_and_type(tmp_path, dtype, compressed):
    ids = np.stack([blocks([0, 1, 1]), blocks([1, 0, 0])]).astype(dtype)
    (np.savez_compressed if compressed else np.savez)(tmp_path / "in.npz", masks=ids)
    masks = open_masks(tmp_path / "in.npz")
    assert masks.format == NpzFormat(key="masks", dtype=np.dtype(dtype).str, compressed=compressed)
    encode_masks(tmp_path / "out.npz", masks.frames(), masks.format, count=2)
    with np.load(tmp_path / "out.npz") as out:
        assert out["masks"].dtype == dtype
        assert (out["masks"] == ids).all()


@pytest.mark.parametrize("dtype", ["float16", "float32"])
@pytest.mark.parametrize("shape", [(3, 5, 7), (3, 4, 5, 7), (1, 5, 7)])
def test_an_npz_of_probabilities_comes_back(tmp_path, dtype, shape):
    probs = np.random.default_rng(0).dirichlet(np.ones(4), (3, 5, 7)).transpose(0, 3, 1, 2)
    probs = (probs if len(shape) == 4 else probs[: shape[0], 1]).astype(dtype)
    np.savez(tmp_path / "in.npz", probs)
    masks = open_masks(tmp_path / "in.npz")
    assert (masks.soft, masks.size, masks.count) == (True, (5, 7), shape[0])
    encode_masks(tmp_path / "out.npz", masks.frames(), masks.format, count=shape[0])
    with np.load(tmp_path / "out.npz") as out:
        assert (out["arr_0"] == probs).all()


def test_a_folder_of_npz_comes_back(tmp_path):
    (tmp_path / "in").mkdir()
    for t in range(3):
        np.savez(tmp_path / "in" / f"f{t}.npz", labels=np.full((4, 6), t, np.uint8))
    masks = open_masks(tmp_path / "in")
    assert masks.stems == ("f0", "f1", "f2")
    written(tmp_path / "out", masks)
    for t in range(3):
        with np.load(tmp_path / "out" / f"f{t}.npz") as out:
            assert (out["labels"] == t).all()


@pytest.mark.parametrize("value", [np.nan, -0.1, 1.5, np.inf])
def test_an_impossible_probability_is_named_with_its_frame(tmp_path, value):
    probs = np.full((3, 4, 6), 0.5, np.float32)
    probs[2, 1, 1] = value
    np.savez(tmp_path / "in.npz", probs=probs)
    with pytest.raises(InputError, match=r"in.npz: frame 2: wanted probabilities in \[0, 1\], got"):
        list(open_masks(tmp_path / "in.npz").frames())


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"a": np.zeros((2, 4, 6)), "b": np.zeros((2, 4, 6))}, "wanted an array called .*got a, b"),
        ({"labels": np.zeros((4, 6), np.uint8)}, r"wanted shape t h w or t k h w, got \(4, 6\)"),
        ({"labels": np.zeros((0, 4, 6), np.uint8)}, r"wanted shape t h w or t k h w, got \(0, 4, 6\)"),
        ({"labels": np.zeros((2, 3, 4, 6), np.uint8)}, "wanted floats for k classes, got uint8"),
        ({"labels": np.asfortranarray(np.zeros((2, 4, 6), np.uint8))}, "got Fortran order"),
        ({"labels": np.array([[["a"]]])}, "wanted numbers, got <U1"),
        ({"labels": np.array([[[{}]]], dtype=object)}, "wanted numbers, got Python objects"),
        ({"labels": np.full((2, 4, 6), -2, np.int16)}, "frame 0: wanted ids from -1"),
        ({"probs": np.full((2, 3, 4, 6), 0.5)}, "frame 0: wanted probabilities that sum to 1"),
        ({"probs": np.ones((2, 1, 4, 6))}, "wanted 2 classes or more"),
    ],
)
def test_an_npz_that_does_not_fit_is_refused(tmp_path, arrays, message):
    np.savez(tmp_path / "in.npz", **arrays)
    with pytest.raises(InputError, match=message):
        list(open_masks(tmp_path / "in.npz").frames())


@pytest.mark.parametrize("share", [0, 0.5, 0.9])
def test_a_truncated_npz_is_refused(tmp_path, share):
    np.savez(tmp_path / "in.npz", labels=np.random.default_rng(0).integers(0, 99, (5, 40, 40)))
    content = (tmp_path / "in.npz").read_bytes()
    (tmp_path / "in.npz").write_bytes(content[: int(share * len(content))])
    with pytest.raises(VideoError, match=r"in.npz: cannot be read as npz"):
        list(open_masks(tmp_path / "in.npz").frames())


def test_a_damaged_npz_is_refused(tmp_path):
    np.savez_compressed(tmp_path / "in.npz", labels=np.random.default_rng(0).integers(0, 99, (5, 40, 40)))
    content = bytearray((tmp_path / "in.npz").read_bytes())
    content[4000:4100] = bytes(100)
    (tmp_path / "in.npz").write_bytes(content)
    with pytest.raises(SteadymaskError, match=r"in.npz"):
        list(open_masks(tmp_path / "in.npz").frames())


# --- videos


def test_a_grey_matte_is_soft_and_comes_back(tmp_path):
    ramp = np.broadcast_to(np.linspace(0, 255, 48), (36, 48)).astype(np.uint8)
    path = write_clip(tmp_path / "matte.mp4", [np.repeat(ramp[..., None], 3, 2)] * 4, pixel_format="yuv420p")
    masks = open_masks(path)
    assert masks.soft
    assert masks.count == 4
    wanted = torch.from_numpy(ramp / np.float32(255))
    assert (next(masks.frames()).probs[1] - wanted).abs().max() < 0.02
    encode_masks(tmp_path / "again.mp4", masks.frames(), masks.format, count=4)
    again = open_masks(tmp_path / "again.mp4")
    assert again.format == masks.format
    assert (next(again.frames()).probs[1] - wanted).abs().max() < 0.03


def test_a_color_video_given_as_masks_is_refused(tmp_path):
    path = write_clip(tmp_path / "clip.mp4", smooth_pictures(2), pixel_format="yuv420p")
    with pytest.raises(
        InputError, match=r"clip.mp4: frame 0: wanted masks \(alpha, or grey levels\), got a color video"
    ):
        open_masks(path)


def test_labels_of_a_lossy_video_are_refused(tmp_path):
    path = write_clip(tmp_path / "clip.mp4", [np.zeros((36, 48, 3), np.uint8)], pixel_format="yuv420p")
    with pytest.raises(InputError, match=r"read_as: .*wanted grey FFV1 for labels, got h264 yuv420p"):
        open_masks(path, read_as="labels")


@pytest.mark.parametrize(
    ("codec", "pixel_format", "suffix", "alpha"),
    [
        ("ffv1", "yuva444p16le", ".mkv", True),
        ("ffv1", "yuva420p", ".mkv", True),
        ("ffv1", "gray", ".mkv", False),
        ("ffv1", "bgra", ".mkv", True),
        ("png", "rgba", ".mov", True),
        ("qtrle", "argb", ".mov", True),
        ("ffv1", "gray16le", ".mkv", False),
        ("ffv1", "bgr0", ".mkv", False),
        ("ffv1", "yuv420p10le", ".mkv", False),
    ],
)
def test_the_mask_is_the_alpha_where_there_is_one_else_the_grey(tmp_path, codec, pixel_format, suffix, alpha):
    import av

    ramp = np.broadcast_to(np.linspace(0, 255, 48), (36, 48)).astype(np.uint8)
    color = np.full((36, 48, 3), (200, 30, 90), np.uint8) if alpha else np.repeat(ramp[..., None], 3, 2)
    with av.open(str(tmp_path / f"in{suffix}"), "w") as container:
        stream = container.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = 48, 36, pixel_format
        frame = av.VideoFrame.from_ndarray(np.dstack([color, ramp]), format="rgba").reformat(
            format=pixel_format
        )
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    masks = open_masks(tmp_path / f"in{suffix}")
    assert masks.format.alpha == alpha
    first = next(masks.frames()).probs[1]
    assert (first - torch.from_numpy(ramp / np.float32(255))).abs().max() < 0.006
    path = tmp_path / f"out{masks.format.suffix}"
    encode_masks(path, masks.frames(), masks.format, count=1)
    assert (next(open_masks(path).frames()).probs[1] - first).abs().max() < 0.003


def test_every_error_of_the_rim_is_one_line(tmp_path):
    (tmp_path / "bad.npz").write_bytes(b"PK nonsense")
    (tmp_path / "bad.mp4").write_bytes(b"nonsense" * 99)
    for name in ("bad.npz", "bad.mp4", "missing"):
        with pytest.raises(SteadymaskError) as caught:
            open_masks(tmp_path / name)
        assert "\n" not in str(caught.value)
        assert name in str(caught.value)
