# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Start and end of every program: silences TensorFlow, and reports a user's mistake without a traceback."""

from __future__ import annotations

import io
import logging as standard_logging
import os
import sys
from collections.abc import Callable, Sequence

from absl import app, flags, logging

from niwt_tf import errors, version
from niwt_tf.util import keras_settings, machine, paths, progress, user_code

_DISK_TROUBLE = ("No space left on device", "Permission denied", "Read-only file system", "Disk quota exceeded")
_INTERRUPTED = 130  # what shells give a program that Ctrl-C ended
_KEPT = " What was done is kept: the same command goes on from there."


def run(
    main: Callable[[Sequence[str]], None], description: str, takes_arguments: bool = False, resumes: bool = True
) -> None:
    """Run a program and exit: with 0, with 1 after an error reported without a traceback, with 130 after Ctrl-C.

    Args:
      main: Function that takes the arguments that are not flags, beginning with the program's name.
      description: Purpose of the program, for `--help`.
      takes_arguments: True to allow arguments other than flags.
      resumes: True if the program trains, and continues from where it was interrupted.
    """
    sys.modules["__main__"].__doc__ = description
    standard_logging.getLogger("fontTools").setLevel(standard_logging.WARNING)  # it logs each font of a figure
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal need not know all letters
    app.run(lambda arguments: sys.exit(_status(main, arguments, takes_arguments, resumes)), flags_parser=_parsed)


def define_import_module(values: flags.FlagValues, program: str) -> None:
    """Define `--import_module`, for programs that read networks but are no runs; `start_tensorflow` takes its value."""
    text = "Python code that registers layers of the network: the name of a module, or a .py file. It is run."
    flags.DEFINE_string("import_module", "", text, module_name=program, flag_values=values)


def start_tensorflow(import_module: str = "") -> None:
    """Import TensorFlow and Keras without their messages, unless that fails, and then a module of the user's.

    Args:
      import_module: Name or file of the user's module; empty for none.

    Raises:
      errors.UserError: If the module cannot be imported, or Keras' settings are not valid.
    """
    progress.say("starting TensorFlow")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ["KERAS_BACKEND"] = "tensorflow"
    machine.prefer_onednn()
    with progress.silent_stderr():
        lines = keras_settings.apply()  # first, as TensorFlow reads keras.json, too, and fails without a reason
        import tensorflow as tf  # starts TensorFlow

        tf.config.list_physical_devices()  # the search for GPUs is what talks most
    for line in lines:
        progress.say(line)
    logging.set_verbosity(logging.ERROR)  # TensorFlow Datasets logs every file that it opens
    standard_logging.getLogger("niwt_tf").setLevel(standard_logging.WARNING)  # such as the names of damaged images
    user_code.run(import_module)


def _parsed(arguments: list[str]) -> list[str]:
    """Parse the flags and return the other arguments; exit after `--version`, help, and mistakes in flags."""
    if {"--version", "-version"} & set(arguments[1:]):
        print(f"niwt_tf {version.__version__}")
        sys.exit(0)
    try:
        return flags.FLAGS(arguments)
    except SystemExit:  # after help, which absl ends with 1
        sys.exit(0)
    except flags.Error:
        return app.parse_flags_with_usage(arguments)  # tells the mistake, and ends with 1
    except UnicodeDecodeError as error:
        given = [one for one in arguments if one.lstrip("-").startswith("flagfile")]
        sys.exit(
            _tell(
                f"Flagfiles must be UTF-8. Received: {' '.join(given)}, where one has the byte "
                f"0x{error.object[error.start]:02x}. Save it as UTF-8."
            )
        )


def _status(
    main: Callable[[Sequence[str]], None], arguments: Sequence[str], takes_arguments: bool, resumes: bool
) -> int:
    """Run `main`, report what went wrong, and return the exit status."""
    try:
        if len(arguments) > 1 and not takes_arguments:
            raise errors.UserError(f"Arguments must be flags, such as --seed=1. Received: {' '.join(arguments[1:])}.")
        main(arguments)
    except errors.UserError as error:
        return _tell(error.as_flags())
    except BrokenPipeError:  # what reads our output has gone, such as `head`
        _give_up_output()
        return 1
    except KeyboardInterrupt:
        _tell(f"Interrupted.{_KEPT if resumes else ''}")
        return _INTERRUPTED
    except Exception as error:
        if _is_out_of_memory(error):
            return _tell(f"The run must fit into memory. Received: {_of_memory(error)}. {_memory_remedy(resumes)}")
        if not _is_of_disk(error):
            raise
        _give_up_output()
        remedy = f"another --workdir or --data_dir.{_KEPT}" if resumes else "others."
        return _tell(
            f"Files must be readable and writable. Received: {errors.first_line(error)}. Mend that, or name {remedy}"
        )
    return 0


def _memory_remedy(resumes: bool) -> str:
    if not resumes:
        return "End other programs, or use a machine with more."
    return (
        "Lower --batch_size for the training, --transfer_batch or --transfer_images for the transfer, or --image_size "
        f"for all; raise --memory_limit where it is set.{_KEPT}"
    )


def _is_out_of_memory(error: Exception) -> bool:
    """Check whether memory ran out: TensorFlow's error is recognised by its name, but a full disk raises it, too."""
    names = {kind.__name__ for kind in type(error).__mro__}
    return bool(names & {"MemoryError", "ResourceExhaustedError"}) and not _is_of_disk(error)


def _of_memory(error: Exception) -> str:
    """Find the line that says what was too large: TensorFlow writes others before it if a graph is run."""
    lines = (line for line in str(error).splitlines() if "OOM" in line)
    return next(lines, errors.first_line(error)).strip().rstrip(".")


def _is_of_disk(error: Exception) -> bool:
    return isinstance(error, OSError) or any(trouble in str(error) for trouble in _DISK_TROUBLE)


def _give_up_output() -> None:
    """Replace standard output if it cannot be written, because Python would report that again at its exit."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _tell(message: str) -> int:
    print(f"\n{paths.printable(message)}", file=sys.stderr)
    return 1
