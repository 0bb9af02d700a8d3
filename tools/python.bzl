# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Rules for a package of the library, and for a program without extension and a pytest file, which Bazel's own refuse."""

load("@rules_python//python:defs.bzl", "py_binary", "py_library", "py_test")

def package_library(name, deps):
    """Makes a target of all files of a package of `niwt_tf`, which only the library itself sees.

    Args:
      name: the package's name.
      deps: the packages that it imports.
    """
    py_library(
        name = name,
        srcs = native.glob(["**/*.py"]),
        data = native.glob(
            ["**/*"],
            allow_empty = True,
            exclude = [
                "BUILD",
                "**/*.py",
                "**/__pycache__/**",
            ],
        ),
        visibility = ["//niwt_tf:__subpackages__"],
        deps = deps,
    )

def script_binary(name, script, deps):
    """Makes an executable target of a Python script without extension.

    Args:
      name: the target's name.
      script: the script's path in this package, such as "bin/niwt".
      deps: the libraries that it imports.
    """
    native.genrule(
        name = name + "_source",
        srcs = [script],
        outs = [script + ".py"],  # py_binary takes no file without this extension
        cmd = "cp $< $@",
    )
    py_binary(
        name = name,
        srcs = [script + ".py"],
        legacy_create_init = 0,
        main = script + ".py",
        deps = deps,
    )

def pytest_tests(name, srcs, deps, fast):
    """Makes a test target of each pytest file: "data/test_splits.py" gives "data/test_splits".

    Args:
      name: the name of a suite of the fast ones; `bazel test //...` runs them all.
      srcs: the test files' paths in this package.
      deps: the libraries, conftest files and data that they need.
      fast: those of `srcs`, one at least, that take a second or two.
    """
    unknown = [src for src in fast if src not in srcs]
    if unknown or not fast:  # to Bazel a suite of nothing is one of everything
        fail("`fast` must be some of `srcs`. Received: fast=%s, unknown: %s. Renamed?" % (fast, unknown))
    runner = "//tools:pytest_main.py"  # a pytest file does nothing when run
    for src in srcs:
        py_test(
            name = src[:-len(".py")],
            size = "small" if src in fast else "large",
            srcs = [
                runner,
                src,
            ],
            args = ["$(rootpath %s)" % src],
            legacy_create_init = 0,
            main = runner,
            deps = deps,
        )
    native.test_suite(
        name = name,
        tests = [src[:-len(".py")] for src in fast],
    )
