"""The device on which experts and clones are trained."""

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
            f"or take `gpu` out of the resources of the rule"
        )
    return "cuda"


def device_name(chosen: str | torch.device) -> str:
    """Return the name of a device: `cpu`, or `cuda` with the name of the GPU."""
    kind = torch.device(chosen).type
    return f"cuda ({torch.cuda.get_device_name(chosen)})" if kind == "cuda" else kind
