"""Makes npy/: arrays as NumPy writes them.

    pip install numpy==2.4.6
    python make_npy.py

plain.npz and compressed.npz: x, float32 (2, 3) of 0 to 5; i, big-endian int16 (3,) of -1, 0, 300; f, float64 (2, 3, 2)
of 0 to 11 in Fortran order; keep, booleans (2,).
"""

import pathlib

import numpy as np

HERE = pathlib.Path(__file__).parent / "npy"
ARRAYS = dict(x=np.arange(6, dtype=np.float32).reshape(2, 3), i=np.array([-1, 0, 300], dtype=">i2"),
              f=np.asfortranarray(np.arange(12.0).reshape(2, 3, 2)), keep=np.array([True, False]))

HERE.mkdir(exist_ok=True)
np.savez(HERE / "plain.npz", **ARRAYS)
np.savez_compressed(HERE / "compressed.npz", **ARRAYS)
