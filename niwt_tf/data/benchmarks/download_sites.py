# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The sites that publish the images of the zero-shot benchmarks, and their folders. Imports nothing heavy."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

from niwt_tf.data.benchmarks import fetch_files
from niwt_tf.data.cub import reuse as cub_reuse
from niwt_tf.data.files import image_files, limits
from niwt_tf.util import checksum


@dataclasses.dataclass(frozen=True)
class Site:
    """Published images of a benchmark.

    Attributes:
      name: Name of the benchmark.
      page: Address of the official page.
      split_folder: Folder of the benchmark in the archive of proposed splits.
      folder: Folder of the benchmark that the archives unpack to, or that a user may unpack them into.
      image_folders: Folders inside `folder`; no other benchmark has the same.
      archives: Archives of the images.
      image_trees: Folders inside `folder` that hold the images, at any depth.
      image_lists: Files inside `folder` that list the images.
      reuse: Function that copies the images from another prepared dataset; its arguments are the folder of prepared
        datasets and the folder of the images.
    """

    name: str
    page: str
    split_folder: str
    folder: str
    image_folders: tuple[str, ...]
    archives: tuple[fetch_files.Archive, ...]
    image_trees: tuple[str, ...] = ("images",)
    image_lists: tuple[str, ...] = ()
    reuse: Callable[[Path, Path], None] | None = None

    def find_images(self, root: Path) -> Path | None:
        """Find the folder that holds all `image_folders`: `folder` below `root`, or `root` itself; None if neither."""
        return next(
            (p for p in (root / self.folder, root) if all((p / name).is_dir() for name in self.image_folders)), None
        )

    def images(self, root: Path) -> fetch_files.PublishedFiles:
        """Describe the images, at the paths below `root` that `find_images` checks."""
        paths = [folder / name for folder in (root / self.folder, root) for name in self.image_folders]
        return fetch_files.PublishedFiles(f"images of {self.name}", paths, self.archives, self.page)

    def fetch_images(self, root: Path, prepared_dir: Path) -> Path:
        """Find the folder of images below `root`; if it is missing, reuse, unpack or download them.

        Args:
          root: Folder that is searched for published files.
          prepared_dir: Folder of prepared datasets.

        Raises:
          errors.UserError: If the images cannot be obtained; the message lists all paths searched.
          OSError: If `root` cannot be read or written.
        """
        if self.reuse and not self.find_images(root):
            self.reuse(prepared_dir, root / self.folder)
        return fetch_files.fetch(lambda: self.find_images(root), self.images(root), root)

    def digest(self, folder: Path) -> str:
        """Compute the SHA-256 of the names and contents of the images, and of their lists, or look it up.

        Args:
          folder: Folder that `fetch_images` returned.

        Raises:
          OSError: If a file cannot be read.
        """
        trees = (image_files.find(folder / tree).images for tree in self.image_trees)
        paths = [*(path for images in trees for path in images), *(folder / name for name in self.image_lists)]
        named = ((path.relative_to(folder).as_posix(), path) for path in paths)
        return checksum.remembered_tree(named, limits.MOST_IMAGE_BYTES)


SITES = {
    "awa2": Site(
        name="awa2",
        page="https://cvml.ista.ac.at/AwA2/",
        split_folder="AWA2",
        folder="Animals_with_Attributes2",
        image_folders=("JPEGImages",),
        archives=(
            fetch_files.Archive(
                "https://cvml.ista.ac.at/AwA2/AwA2-data.zip",
                13_000,
                # From google-deepmind/dm_nevis, dm_nevis/datasets_storage/handlers/awa2.py.
                md5="eaa27cf799d5cf55af372356d7281b5e",
            ),
        ),
        image_trees=("JPEGImages",),
    ),
    "cub": Site(
        name="cub",
        page="https://data.caltech.edu/records/65de6-vp158",
        split_folder="CUB",
        folder="CUB_200_2011",
        image_folders=("images/001.Black_footed_Albatross",),  # SUN's archive has a folder `images` too
        archives=(
            fetch_files.Archive(
                "https://data.caltech.edu/records/65de6-vp158/files/CUB_200_2011.tgz?download=1",
                1200,
                # From TensorFlow Datasets' caltech_birds2011; torchvision has the same.
                "0c685df5597a8b24909f6a7c9db6d11e008733779a671760afef78feb49bf081",
            ),
        ),
        reuse=cub_reuse.images_from_tfds,
    ),
    "sun": Site(
        name="sun",
        page="https://cs.brown.edu/~gmpatter/sunattributes.html",
        split_folder="SUN",
        folder="SUNAttributeDB",
        image_folders=("images/a",),  # CUB's archive has a folder `images` too
        archives=(
            fetch_files.Archive(
                "https://cs.brown.edu/~gmpatter/Attributes/SUNAttributeDB_Images.tar.gz",
                1800,
                # From google-deepmind/dm_nevis, dm_nevis/datasets_storage/handlers/sun_attributes.py.
                md5="5966725c7306df6e05cd3ada7f45a18b",
            ),
        ),
    ),
    "apy": Site(
        name="apy",
        page="https://vision.cs.uiuc.edu/attributes/ and http://host.robots.ox.ac.uk/pascal/VOC/voc2008/",
        split_folder="APY",
        folder="aPascal-aYahoo",
        image_folders=("attribute_data", "VOCdevkit/VOC2008/JPEGImages", "ayahoo_test_images"),
        archives=(
            fetch_files.Archive("http://vision.cs.uiuc.edu/attributes/attribute_data.tar.gz", 1),
            fetch_files.Archive("http://vision.cs.uiuc.edu/attributes/ayahoo_test_images.tar.gz", 100),
            fetch_files.Archive(
                "http://host.robots.ox.ac.uk/pascal/VOC/voc2008/VOCtrainval_14-Jul-2008.tar",
                600,
                # From pytorch/vision, torchvision/prototype/datasets/_builtin/voc.py.
                "7f0ca53c1b5a838fbe946965fc106c6e86832183240af5c88e3f6c306318d42e",
            ),
        ),
        image_trees=("VOCdevkit/VOC2008/JPEGImages", "ayahoo_test_images"),
        image_lists=tuple(f"attribute_data/{name}.txt" for name in ("apascal_train", "apascal_test", "ayahoo_test")),
    ),
}
