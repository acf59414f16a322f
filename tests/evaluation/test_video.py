from pathlib import Path

import cv2
import numpy as np
import pytest

from facestream.errors import BadVideo
from facestream.evaluation.video import frames_without_faces, page_width, read_video, video_fps
from facestream.records import Frame
from facestream.vision.pipeline import Pipeline
from tests.evaluation.videos import write_video


@pytest.mark.parametrize(
    ("size_wh", "width"),
    [
        ((1, 1), 1),
        ((320, 240), 320),  # never enlarged
        ((640, 480), 640),
        ((1920, 1080), 640),
        ((1080, 1920), 415),  # as many pixels as 640 x 480
        ((4000, 1), 640),
    ],
)
def test_a_frame_is_as_wide_as_the_page_would_send_it(size_wh: tuple[int, int], width: int) -> None:
    assert page_width(size_wh) == width


def test_frames_are_read_in_rgb_at_the_pages_size_and_not_too_many(tmp_path: Path) -> None:
    orange = Frame(np.full((720, 1280, 3), (250, 120, 10), np.uint8))
    frames = read_video(write_video(tmp_path / "orange.avi", orange, 4), most=3)
    assert [frame.size_wh for frame in frames] == [(640, 360)] * 3
    assert np.abs(frames[0].pixels_rgb.mean(axis=(0, 1)) - (250, 120, 10)).max() < 10


@pytest.mark.parametrize("content", [b"", b"no video", None], ids=["empty", "text", "missing"])
def test_what_is_no_video_is_refused_in_one_sentence(
    content: bytes | None, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "video.mp4"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadVideo, match=r"video\.mp4 (is not a video|cannot be read: No such file)"):
        read_video(path, 8)
    assert capfd.readouterr() == ("", "")


def test_video_says_how_fast_it_runs(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    grey = Frame(np.full((36, 64, 3), 128, np.uint8))
    assert video_fps(write_video(tmp_path / "grey.avi", grey, 4)) == 25
    assert video_fps(tmp_path / "missing.mp4") is None
    assert capfd.readouterr() == ("", "")


def test_a_folder_is_not_a_video(tmp_path: Path) -> None:
    with pytest.raises(BadVideo, match="Is a directory"):
        read_video(tmp_path, 8)


def test_opencv_warns_again_afterwards(tmp_path: Path) -> None:
    before = cv2.utils.logging.getLogLevel()
    with pytest.raises(BadVideo):
        read_video(tmp_path / "missing.mp4", 8)
    assert cv2.utils.logging.getLogLevel() == before


def test_nobody_is_in_the_frames_without_faces_but_they_differ(pipeline: Pipeline) -> None:
    frames = frames_without_faces(100)
    assert {frame.size_wh for frame in frames} == {(640, 360)}
    assert not np.array_equal(frames[0].pixels_rgb, frames[1].pixels_rgb)
    assert [len(found) for found in pipeline.detect(frames[::25])] == [0] * 4
