"""The device on which an expert is trained."""

import platform
from collections.abc import Mapping
from typing import Any

import torch

from brainiarb.errors import Refused


def device(resources: Mapping[str, Any]) -> str:
    """Return the torch device of a job: CUDA if its resources grant a GPU, else the CPU.

    Raises
    ------
    Refused
        If the job was granted a GPU that torch cannot use.
    """
    if not resources.get("gpu", 0):
        return "cpu"
    if not torch.cuda.is_available():
        raise Refused(
            f"this job was granted a GPU, but torch {torch.__version__} finds no CUDA on "
            f"{platform.node()}; install a torch with CUDA and look at the driver with nvidia-smi, "
            f"or take `gpu` out of the resources of train_expert"
        )
    return "cuda"
