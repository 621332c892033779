"""The errors a user can meet: each message is one sentence that says what, expected, got and what to do."""


class MemloraError(Exception):
    """Root of every error that is the user's to mend; the command line prints it without a traceback."""

    exit_code = 2


class ConfigError(MemloraError):
    """A wrong option, key, file or folder given by the user."""


class BundleError(MemloraError):
    """A bundle, base or adapter that is refused.

    `reason` is one of `malformed bytes`, `invalid values`, `unlinkable parts`: readers must agree on it.
    """

    def __init__(self, message: str, reason: str = "invalid values") -> None:
        super().__init__(message)
        self.reason = reason


class ContractError(MemloraError):
    """An engine, store or model used outside its contract (too many tokens, wrong shape, wrong dimension)."""


class StoreError(MemloraError):
    """A memory store that cannot be opened or written as asked.

    `reason` is the class of the fault where the file itself is at fault, one of those of `BundleError`; None where a
    lock, a disk or rights stand in the way.
    """

    def __init__(self, message: str, reason: str | None = None) -> None:
        super().__init__(message)
        self.reason = reason


class ImageError(MemloraError):
    """A picture that cannot be read: none at all, cut off, damaged, too large, or of a format without a decoder."""


class ExportError(MemloraError):
    """A model or adapter that cannot be lowered."""


class MissingExtraError(MemloraError):
    """A package of an optional extra is not installed."""


class UnavailableError(MemloraError):
    """An engine that does not start on this machine, where another one of the bundle does."""


class ParityError(MemloraError):
    """Two runtimes disagree beyond their leg's tolerance."""

    exit_code = 1
