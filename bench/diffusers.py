"""What a call of diffusers' CogVideoX transformer takes: diffusers.py DEVICE TRANSFORMER WIDTH HEIGHT FRAMES.

The call is that of a step with guidance: two videos, random latents and a random prompt, in bfloat16. Prints a line.
"""

import statistics
import sys
import time

sys.path.pop(0)  # the folder of this file, which would be taken for diffusers itself

import torch
from diffusers import CogVideoXTransformer3DModel
from diffusers.models.embeddings import get_3d_rotary_pos_embed

CALLS = 5
TEMPORAL = 4
SPATIAL = 8

device, folder, width, height, frames = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])
model = CogVideoXTransformer3DModel.from_pretrained(folder, torch_dtype=torch.bfloat16).to(device)
config = model.config
latents = ((frames - 1) // TEMPORAL + 1, height // SPATIAL, width // SPATIAL)
random = torch.Generator(device).manual_seed(1)


def noise(*shape):
    return torch.randn(*shape, generator=random, device=device, dtype=torch.bfloat16)


rotary = None
if config.use_rotary_positional_embeddings:
    grid = (latents[1] // config.patch_size, latents[2] // config.patch_size)
    rotary = get_3d_rotary_pos_embed(config.attention_head_dim, ((0, 0), grid), grid, latents[0], device=device)
arguments = {
    "hidden_states": noise(2, latents[0], config.in_channels, *latents[1:]),
    "encoder_hidden_states": noise(2, config.max_text_seq_length, config.text_embed_dim),
    "timestep": torch.tensor([500, 500], device=device),
    "image_rotary_emb": rotary,
}


def call():
    start = time.perf_counter()
    with torch.no_grad():
        model(**arguments)
    if device != "cpu":
        torch.cuda.synchronize()
    return time.perf_counter() - start


call()
seconds = statistics.median(call() for _ in range(CALLS))
memory = "" if device == "cpu" else f", {torch.cuda.max_memory_allocated() / 1e9:.1f} GB in tensors"
print(f"{folder}: {seconds:.2f} s a step{memory}, torch {torch.__version__}")
