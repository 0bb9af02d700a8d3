# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Start and end every program: silence TensorFlow, and report a user's mistake without a traceback."""

from __future__ import annotations

import io
import logging as standard_logging
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from types import TracebackType

from absl import app, flags, logging

from niwt_tf import errors, version
from niwt_tf.cli import flag_errors, flagfiles, interrupts
from niwt_tf.util import clean, keras_settings, locks, machine, progress, user_code

_DISK_ERRORS = ("No space left on device", "Permission denied", "Read-only file system", "Disk quota exceeded")
_KEPT = " Finished work is kept: run the same command to resume."


def run(
    main: Callable[[Sequence[str]], None], description: str, takes_arguments: bool = False, resumes: bool = True
) -> None:
    """Run a program and exit: with 0, with 1 after an error reported without a traceback, with 130 after Ctrl-C.

    Args:
      main: Main function of the program; takes its name and the arguments that are not flags.
      description: Purpose of the program, for `--help`.
      takes_arguments: True to allow arguments other than flags.
      resumes: True if the program trains, and resumes after an interruption.
    """
    interrupts.begin()
    sys.modules["__main__"].__doc__ = description
    text = "Wait while another process writes the same files; --nowait ends with an error instead."
    flags.DEFINE_boolean("wait", True, text, module_name=sys.argv[0])
    standard_logging.getLogger("fontTools").setLevel(standard_logging.WARNING)  # it logs each font of a figure
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # for terminals that lack letters
    sys.excepthook = _print_traceback
    app.run(lambda arguments: sys.exit(_status(main, arguments, takes_arguments, resumes)), flags_parser=_parse_flags)


def define_loading(values: flags.FlagValues, program: str) -> None:
    """Define the flags of programs that load a model: `--safe_mode`, and `--import_module` for `start_tensorflow`.

    Args:
      values: Flag values to which the flags are added.
      program: Name by which absl knows the main program: `sys.argv[0]`.
    """
    here = {"module_name": program, "flag_values": values}
    text = "Refuse a run or bundle that runs a SavedModel of TensorFlow Hub, because a SavedModel is a program."
    flags.DEFINE_boolean("safe_mode", True, text, **here)
    text = (
        "Python code that registers custom layers of the network: the name of a module, or a .py file. The code is run."
    )
    flags.DEFINE_string("import_module", "", text, **here)


def start_tensorflow(import_module: str = "") -> None:
    """Import TensorFlow and Keras, silently unless that fails, and then a module of the user.

    Args:
      import_module: Name or path of the user's module; empty for none.

    Raises:
      errors.UserError: If the module cannot be imported, or Keras' settings are not valid.
    """
    machine.require_address_space()
    progress.print_line("starting TensorFlow")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ["KERAS_BACKEND"] = "tensorflow"
    machine.prefer_onednn()
    with interrupts.ending_at_once(), progress.silent_stderr():
        lines = keras_settings.apply()  # first, as TensorFlow reads keras.json, too, and fails without a reason
        import tensorflow as tf  # starts TensorFlow

        tf.config.list_physical_devices()  # here, because the search for GPUs prints most
    for line in lines:
        progress.print_line(line)
    logging.set_verbosity(logging.ERROR)  # TensorFlow Datasets logs every file that it opens
    standard_logging.getLogger("niwt_tf").setLevel(standard_logging.WARNING)  # such as the names of damaged images
    user_code.run(import_module)


def _parse_flags(arguments: list[str]) -> list[str]:
    """Parse the flags and return the other arguments; exit after `--version`, help, and mistakes in flags."""
    if {"--version", "-version"} & set(arguments[1:]):
        print(f"niwt_tf {version.__version__}")
        sys.exit(0)
    try:
        flagfiles.require_texts(arguments[1:])
        return flags.FLAGS(arguments)
    except SystemExit:  # after help, which absl ends with 1
        sys.exit(0)
    except UnicodeDecodeError as error:
        named = [argument for argument in arguments if argument.lstrip("-").startswith("flagfile")]
        sys.exit(
            _print_error(
                f"Flagfiles must be UTF-8. Received: {' '.join(named)}, with the byte "
                f"0x{error.object[error.start]:02x}. Save the file as UTF-8."
            )
        )
    except errors.UserError as error:
        sys.exit(_print_error(error.as_flags()))
    except RecursionError:  # absl seeks flags that are spelt almost like this one
        sys.exit(_print_error(str(flag_errors.unknown(_longest_unknown(arguments)))))
    except (flags.Error, ValueError) as error:
        sys.exit(_print_error(str(flag_errors.explain(error, flags.FLAGS))))


def _longest_unknown(arguments: list[str]) -> str:
    """Find the longest name among arguments, and the lines of flagfiles, that is none of a flag."""
    given = flags.FLAGS.read_flags_from_files(arguments[1:], force_gnu=False)
    names = (one.lstrip("-").partition("=")[0] for one in given if one.startswith("-"))
    return max((name for name in names if name not in flags.FLAGS), key=len, default="")


def _status(
    main: Callable[[Sequence[str]], None], arguments: Sequence[str], takes_arguments: bool, resumes: bool
) -> int:
    """Run `main`, report what went wrong, and return the exit status."""
    try:
        with interrupts.raised():
            _require_flags(arguments, takes_arguments)
            locks.allow_waiting(flags.FLAGS.wait)
            main(arguments)
    except (Exception, KeyboardInterrupt) as error:
        if isinstance(error, KeyboardInterrupt) or interrupts.has_come():
            _print_error(f"{interrupts.LINE}{_KEPT if resumes else ''}")
            return interrupts.STATUS
        return _report(error, resumes)
    return 0


def _require_flags(arguments: Sequence[str], takes_arguments: bool) -> None:
    """Check that nothing but flags was given, unless the program takes arguments."""
    if len(arguments) > 1 and not takes_arguments:
        raise errors.UserError(
            f"Arguments must be flags, such as --seed=1. Received: {errors.clipped(' '.join(arguments[1:]))}. Use "
            "--help to list the flags."
        )


def _report(error: Exception, resumes: bool) -> int:
    """Print an error, or raise it again if it is not the user's or the machine's; return the exit status."""
    if isinstance(error, errors.UserError):
        return _print_error(error.as_flags())
    if isinstance(error, BrokenPipeError):  # the reader of the output has ended, such as `head`
        _discard_output()
        return 1
    if _is_out_of_memory(error):
        return _print_error(
            f"The program must fit into memory. Received: {_memory_line(error)}. {_memory_remedy(resumes)}"
        )
    if not _is_disk_error(error):
        raise error
    _discard_output()
    remedy = f"another --workdir or --data_dir.{_KEPT}" if resumes else "other files."
    return _print_error(
        f"Files must be readable and writable. Received: {errors.first_line(error)}. Fix that, or choose {remedy}"
    )


def _memory_remedy(resumes: bool) -> str:
    if not resumes:
        return "Close other programs, or use a machine with more memory."
    return (
        "In training, lower --batch_size; in the transfer, --transfer_batch or --transfer_images; in any stage, "
        f"--image_size. If --memory_limit is set, raise it.{_KEPT}"
    )


def _is_out_of_memory(error: Exception) -> bool:
    """Check whether memory ran out: TensorFlow's error is recognised by its name, but a full disk raises it, too."""
    names = {kind.__name__ for kind in type(error).__mro__}
    return bool(names & {"MemoryError", "ResourceExhaustedError"}) and not _is_disk_error(error)


def _memory_line(error: Exception) -> str:
    """Find the line that names the tensor that was too large; TensorFlow may write other lines before it."""
    lines = (line for line in str(error).splitlines() if "OOM" in line)
    return next(lines, errors.first_line(error)).strip().rstrip(".")


def _is_disk_error(error: Exception) -> bool:
    return isinstance(error, OSError) or any(trouble in str(error) for trouble in _DISK_ERRORS)


def _discard_output() -> None:
    """Replace standard output if it cannot be written, because Python would report that again at exit."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _print_traceback(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Print an error that is not the user's, cleaned as all that is printed; end after Ctrl-C."""
    if issubclass(kind, KeyboardInterrupt):
        interrupts.end()
    print(clean.lines("".join(traceback.format_exception(kind, error, trace))), file=sys.stderr, end="")


def _print_error(message: str) -> int:
    """Print a message to standard error, and return the exit status 1."""
    print(f"\n{clean.lines(message)}", file=sys.stderr)
    return 1
