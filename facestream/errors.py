"""Every error that leaves facestream, with its wire code. Knows no transport and no library.

FacestreamError
├── InputError                   the caller sent something that cannot be used
│   ├── BadMessage               bad_message             not a message of the protocol
│   ├── UnsupportedVersion       unsupported_version     no common protocol version
│   ├── MessageTooBig            message_too_big         over the size limit
│   ├── BadPicture               bad_picture             cannot be decoded as a picture
│   ├── PictureTooLarge          picture_too_large       too many pixels, read from the header
│   ├── BadName                  bad_name                empty, too long or unprintable
│   ├── NoFace                   no_face                 a photo to enrol shows nobody
│   ├── SeveralFaces             several_faces           a photo to enrol shows more than one
│   ├── PoorFace                 too_small, blurred, ... a face not good enough to enrol
│   ├── NoEnrolment              no_enrolment            commit or cancel without a begin
│   ├── NoExamples               no_examples             commit before an example was taken
│   ├── TooFewExamples           too_few_examples        commit with fewer than the server wants
│   ├── NoSuchFace               no_such_face            the face is not in view any more
│   ├── NoSuchIdentity           no_such_identity        the identity is not in the gallery
│   ├── NoSuchExample            no_such_example         the example is not in the gallery
│   ├── NameTaken                name_taken              somebody else has that name
│   ├── GalleryFull              gallery_full            as many people or templates as may be
│   ├── NoSuchToken              no_such_token           the token was revoked, or never was one
│   ├── NothingToUndo            nothing_to_undo         too late, or undone already
│   ├── NoSuchTunnel             no_such_tunnel          a session over requests that is over
│   ├── OutOfOrder               out_of_order            a request came without those before it
│   ├── NotConfirmed             not_confirmed           what cannot be undone was not confirmed
│   ├── BadArchive               bad_archive             not a gallery's export, or a damaged one
│   ├── BadDataset               bad_dataset             a pairs file or folder is not as stated
│   └── BadVideo                 bad_video               cannot be read as a video
├── ResumedElsewhere             resumed_elsewhere       another connection has the session now
├── AccessError
│   ├── Unauthorised             unauthorised            no token, or a wrong one
│   ├── NotAllowed               not_allowed             the token's role may not do that
│   ├── JoinLinkOver             join_link_over          a join link is used, expired or unknown
│   └── ForbiddenOrigin          forbidden_origin        a page of another site
├── BusyError                    retryable
│   ├── Superseded               superseded              a newer frame took its place
│   ├── Expired                  expired                 the frame was too old when its turn came
│   ├── IdleTooLong              idle                    a session sent nothing for long
│   ├── TooManyConnections       too_many_connections    one address connects again and again
│   ├── Overloaded               overloaded              a bounded queue is full
│   └── ShuttingDown             shutting_down           the server is going away
└── ServerError                  the operator has to act
    ├── WorkerFailed             worker_failed           the inference of this batch raised
    ├── EngineLost               engine_lost             a part broke that only a new process mends
    ├── MissingWeights           missing_weights         a model file is not installed
    ├── BadWeights               bad_weights             a model file is not what it should be
    ├── GpuFailed                gpu_failed              the GPU broke while it was being set up
    ├── StoreFailed              store_failed            the gallery file cannot be read or written
    ├── FingerprintMismatch      fingerprint_mismatch    the gallery was made by another model
    ├── DataFolderInUse          data_folder_in_use      another server owns the data folder
    ├── BadCertificate           bad_certificate         a TLS file cannot be read or written
    └── PortInUse                port_in_use             the address cannot be listened on
"""

from __future__ import annotations

__all__ = [
    "AccessError",
    "BadArchive",
    "BadCertificate",
    "BadDataset",
    "BadMessage",
    "BadName",
    "BadPicture",
    "BadVideo",
    "BadWeights",
    "BusyError",
    "DataFolderInUse",
    "EngineLost",
    "Expired",
    "FacestreamError",
    "FingerprintMismatch",
    "ForbiddenOrigin",
    "GalleryFull",
    "GpuFailed",
    "IdleTooLong",
    "InputError",
    "JoinLinkOver",
    "MessageTooBig",
    "MissingWeights",
    "NameTaken",
    "NoEnrolment",
    "NoExamples",
    "NoFace",
    "NoSuchExample",
    "NoSuchFace",
    "NoSuchIdentity",
    "NoSuchToken",
    "NoSuchTunnel",
    "NotAllowed",
    "NotConfirmed",
    "NothingToUndo",
    "OutOfOrder",
    "Overloaded",
    "PictureTooLarge",
    "PoorFace",
    "PortInUse",
    "ResumedElsewhere",
    "ServerError",
    "SeveralFaces",
    "ShuttingDown",
    "StoreFailed",
    "Superseded",
    "TooFewExamples",
    "TooManyConnections",
    "Unauthorised",
    "UnsupportedVersion",
    "WorkerFailed",
]


class FacestreamError(Exception):
    """The root. `str(error)` is one sentence which may be shown to the person.

    Class attributes:
        code: stable wire code, snake_case.
        http_status: the status of an HTTP answer which carries it.
        retryable: whether the same request may succeed later, unchanged.
    """

    code = "internal"
    http_status = 500
    retryable = False


class InputError(FacestreamError):
    code = "bad_request"
    http_status = 400


class BadMessage(InputError):
    code = "bad_message"


class UnsupportedVersion(InputError):
    code = "unsupported_version"


class MessageTooBig(InputError):
    code = "message_too_big"
    http_status = 413


class BadPicture(InputError):
    code = "bad_picture"
    http_status = 422


class PictureTooLarge(InputError):
    code = "picture_too_large"
    http_status = 413


class BadName(InputError):
    code = "bad_name"
    http_status = 422


class NoFace(InputError):
    code = "no_face"
    http_status = 422


class SeveralFaces(InputError):
    code = "several_faces"
    http_status = 422


class PoorFace(InputError):
    """A face which is not good enough to enrol; `code` is the verdict which says why."""

    http_status = 422

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class NoEnrolment(InputError):
    code = "no_enrolment"
    http_status = 409


class NoExamples(InputError):
    code = "no_examples"
    http_status = 409


class NoSuchIdentity(InputError):
    code = "no_such_identity"
    http_status = 404


class TooFewExamples(InputError):
    code = "too_few_examples"
    http_status = 409


class NoSuchFace(InputError):
    code = "no_such_face"
    http_status = 404


class NoSuchExample(InputError):
    code = "no_such_example"
    http_status = 404


class NameTaken(InputError):
    code = "name_taken"
    http_status = 409


class GalleryFull(InputError):
    code = "gallery_full"
    http_status = 409


class NoSuchToken(InputError):
    code = "no_such_token"
    http_status = 404


class NothingToUndo(InputError):
    code = "nothing_to_undo"
    http_status = 409


class NoSuchTunnel(InputError):
    code = "no_such_tunnel"
    http_status = 404


class OutOfOrder(InputError):
    code = "out_of_order"
    http_status = 409


class NotConfirmed(InputError):
    code = "not_confirmed"


class BadArchive(InputError):
    code = "bad_archive"
    http_status = 422


class BadDataset(InputError):
    code = "bad_dataset"


class BadVideo(InputError):
    code = "bad_video"


class ResumedElsewhere(FacestreamError):
    code = "resumed_elsewhere"
    http_status = 409


class AccessError(FacestreamError):
    code = "forbidden"
    http_status = 403


class Unauthorised(AccessError):
    code = "unauthorised"
    http_status = 401


class NotAllowed(AccessError):
    code = "not_allowed"


class JoinLinkOver(AccessError):
    code = "join_link_over"
    http_status = 410


class ForbiddenOrigin(AccessError):
    code = "forbidden_origin"


class BusyError(FacestreamError):
    code = "busy"
    http_status = 503
    retryable = True


class Superseded(BusyError):
    code = "superseded"


class Expired(BusyError):
    code = "expired"


class IdleTooLong(BusyError):
    code = "idle"


class TooManyConnections(BusyError):
    code = "too_many_connections"
    http_status = 429


class Overloaded(BusyError):
    code = "overloaded"


class ShuttingDown(BusyError):
    code = "shutting_down"


class ServerError(FacestreamError):
    code = "server_error"


class WorkerFailed(ServerError):
    code = "worker_failed"
    retryable = True


class EngineLost(ServerError):
    """The server ends with it, so that whatever supervises the process starts another one."""

    code = "engine_lost"


class MissingWeights(ServerError):
    code = "missing_weights"


class BadWeights(ServerError):
    code = "bad_weights"


class GpuFailed(ServerError):
    code = "gpu_failed"


class StoreFailed(ServerError):
    code = "store_failed"


class FingerprintMismatch(ServerError):
    code = "fingerprint_mismatch"
    http_status = 409


class DataFolderInUse(ServerError):
    code = "data_folder_in_use"


class BadCertificate(ServerError):
    code = "bad_certificate"


class PortInUse(ServerError):
    code = "port_in_use"
