"""`stabilize`: formats, names, places, cuts, and work that was interrupted."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from moving_clip import COUNT, SIZE, hard_frames, soft_frames, write_pictures
from PIL import Image

from steadymask.data.reading import Reading
from steadymask.errors import InputError, SteadymaskError, VideoError
from steadymask.io.mask_format import FORMATS, MaskFormat, PngFormat, frame_format
from steadymask.io.mask_frame import labels_of
from steadymask.io.mask_writer import encode_masks, open_mask_writer
from steadymask.io.masks import open_masks
from steadymask.tasks.stabilize import stabilize
from world import World
