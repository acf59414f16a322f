"""Settings -> an engine of the real parts. TensorFlow is imported in the worker thread only."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING

from facestream.engine.engine import Engine
from facestream.engine.worker import Model
from facestream.settings import Settings
from facestream.vision.images import decode_picture, encode_jpeg
from facestream.vision.weights import models_folder

if TYPE_CHECKING:  # at run time these would bring TensorFlow in, before its device is chosen
    from facestream.engine.recogniser import Recogniser
    from facestream.gallery.decision import DecisionPolicy
    from facestream.gallery.gallery import Gallery

__all__ = ["make_engine", "make_recogniser"]

log = logging.getLogger(__name__)


def make_engine(settings: Settings) -> Engine:
    """An engine which is not started; fast, because its threads do the rest."""
    return Engine(
        settings,
        make_recogniser=partial(make_recogniser, settings),
        open_gallery=partial(_open_gallery, settings),
        load_policy=partial(_load_policy, settings),
        decode=decode_picture,
        encode_jpeg=encode_jpeg,
    )


def make_recogniser(settings: Settings) -> Recogniser:
    """Start TensorFlow and build the networks; seconds. To be called in the thread that owns them.

    Raises:
        MissingWeights, BadWeights: see `vision.weights`.
    """
    from facestream.vision.runtime import start_tensorflow

    running = start_tensorflow(settings.device)
    log.log(logging.WARNING if running.missed else logging.INFO, running.line)
    from facestream.engine.attention import Attention
    from facestream.engine.recogniser import Recogniser
    from facestream.gallery.decision import load_policy
    from facestream.vision.pipeline import load_pipeline

    folder = models_folder(settings.embedder, settings.data)
    pipeline = load_pipeline(settings.embedder, settings.min_face, settings.weights, folder)
    policy = load_policy(settings.embedder, settings.fmr, pipeline.fingerprint)
    attention = Attention(settings.tracking, settings.scan_seconds, settings.embed_seconds)
    return Recogniser(pipeline, policy, attention)


def _open_gallery(settings: Settings, model: Model) -> Gallery:
    from facestream.gallery.gallery import Gallery
    from facestream.gallery.room import Room

    room = Room(settings.max_identities, settings.max_templates)
    return Gallery.open_what_can_be(settings.data, model.fingerprint, model.dimension, room)


def _load_policy(settings: Settings, model: Model) -> DecisionPolicy:
    from facestream.gallery.decision import load_policy

    return load_policy(settings.embedder, settings.fmr, model.fingerprint)
