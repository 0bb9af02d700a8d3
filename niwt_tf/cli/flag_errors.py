# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Explain mistakes in flags that absl finds, in the form of all other errors: rule, received value, remedy."""

from __future__ import annotations

import re

from absl import flags

from niwt_tf import errors

_KINDS = {"int": "a whole number", "float": "a number", "bool": "true or false"}  # by type of the flag
_REMEDY = "Use --help to list the main flags, --helpfull to list all."


def explain(error: Exception, values: flags.FlagValues) -> errors.UserError:
    """Build the error for a mistake that absl found.

    Args:
      error: Exception that absl raised while it parsed flags.
      values: Flag values that were parsed.
    """
    text = str(error)
    if isinstance(error, flags.UnrecognizedFlagError):
        suggestion = text.partition("Did you mean: ")[2].rstrip(" ?").partition(",")[0]
        return unknown(error.flagname, f" Did you mean --{suggestion}?" if suggestion else "")
    if isinstance(error, flags.IllegalFlagValueError) and (match := re.match(r"flag --(\w+)=(.*?): ", text, re.DOTALL)):
        kind = _KINDS.get(values[match[1]].flag_type(), "valid")
        return errors.UserError(f"`--{match[1]}` must be {kind}. Received: --{match[1]}={errors.clipped(match[2])}.")
    if isinstance(error, flags.CantOpenFlagFileError):
        reason = errors.clipped(text.rpartition("flagfile: ")[2])
        return errors.UserError(f"`--flagfile` must be a file that can be read. Received: {reason}. Name another file.")
    return errors.UserError(
        "Flags must be written as --name=value, or --name alone if the value is true or false. Received: "
        f"{errors.clipped(text)}. "
        f"{_REMEDY}"
    )


def unknown(name: str, hint: str = "") -> errors.UserError:
    """Build the error for a flag that does not exist.

    Args:
      name: Name of the flag.
      hint: Sentence about another flag, after a space; empty if none has a similar name.
    """
    return errors.UserError(f"Flags must exist. Received: --{errors.clipped(name)}, which does not.{hint} {_REMEDY}")
