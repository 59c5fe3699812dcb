"""The devices on which a training is tested: the CPU, and a GPU where there is one.

On a machine with a GPU, `python -m pytest -k cuda tests` runs the tests of it alone.
"""

import pytest
import torch

needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
every_device = pytest.mark.parametrize("device", ["cpu", pytest.param("cuda", marks=needs_gpu)])
