"""Turn a text into a vector, with ONNX Runtime.

An encoder is a folder with `model.onnx` and `tokenizer.json`, the layout that
sentence-transformers exports; `config_sentence_transformers.json` may name the prompt that the
model wants before a question.  An operator can put a larger model in its place.

A model may have an output `layer_means`, the tokens' means after some of its layers: the default
encoder has, and the safety screen is the better for it.
"""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime
from tokenizers import Tokenizer

Floats = npt.NDArray[np.float32]

FILES = ("model.onnx", "tokenizer.json")
# Longer texts say no more to a model made for sentences, and cost more than linearly.
MOST_TOKENS = 128


class EncoderError(Exception):
    """The encoder's folder cannot be used; the message says what is missing and what to do."""


class Encoder:
    """A loaded model.  Threads may share it; one call uses one core."""

    def __init__(self, folder: Path) -> None:
        """Load the model.

        Raises:
            EncoderError: A file is missing or is not what its name says.
        """
        for name in FILES:
            if not (folder / name).is_file():
                msg = f"{folder}: {name} is missing: run `make setup`, or name another folder"
                raise EncoderError(msg)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # as many workers as cores serve better than shared ones
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # Without an arena memory stays where a question of usual length puts it.
        options.enable_cpu_mem_arena = False
        try:
            self._session = onnxruntime.InferenceSession(
                folder / "model.onnx", options, providers=["CPUExecutionProvider"]
            )
            self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
            self._prefix = _prefix(folder)
        except Exception as error:  # both libraries raise bare or private exceptions
            msg = f"{folder}: the encoder cannot be loaded ({type(error).__name__}): {error}"
            raise EncoderError(msg) from error
        self._tokenizer.enable_truncation(max_length=MOST_TOKENS)
        self._inputs = {given.name for given in self._session.get_inputs()}
        outputs = [made.name for made in self._session.get_outputs()]
        known = [name for name in ("layer_means", "sentence_embedding") if name in outputs]
        self._output = known[0] if known else outputs[0]
        self.digest = _digest(folder, self._prefix)
        try:
            (self.size,) = self.vector("a").shape
        except Exception as error:  # whatever a model of another kind does
            msg = f"{folder}: the model gives no vector of a text ({type(error).__name__})"
            raise EncoderError(msg) from error

    def vector(self, text: str) -> Floats:
        """Return the unit vector of a text, shape (size,).

        Args:
            text: The text, as it is after `text.normalise`.
        """
        return unit(self.states(text))

    def states(self, text: str, starting: Callable[[], object] | None = None) -> Floats:
        """Return the mean of a text's tokens after each layer that the model tells of.

        The last of them is the model's own output, whose direction is the text's vector.

        Args:
            text: The text, as it is after `text.normalise`.
            starting: Called just before the model runs.  It runs without the interpreter's lock,
                so work that another thread is given here is done beside it.

        Returns:
            Shape (layers, size); one layer for a model that gives no more.
        """
        encoding = self._tokenizer.encode(self._prefix + text)
        given = {
            "input_ids": np.array([encoding.ids], np.int64),
            "attention_mask": np.ones((1, len(encoding.ids)), np.int64),
            "token_type_ids": np.zeros((1, len(encoding.ids)), np.int64),
        }
        if starting is not None:
            starting()
        (made,) = self._session.run(
            [self._output], {name: value for name, value in given.items() if name in self._inputs}
        )
        states: Floats = np.asarray(made, np.float32)[0]
        if self._output == "layer_means":
            return states
        vector = states if self._output == "sentence_embedding" else states.mean(axis=0)
        return vector[np.newaxis, :]


def unit(states: Floats) -> Floats:
    """Return the unit vector of a text from what the layers make of it, shape (size,)."""
    last = states[-1]
    made: Floats = last / max(float(np.linalg.norm(last)), 1e-12)
    return made


def _prefix(folder: Path) -> str:
    path = folder / "config_sentence_transformers.json"
    if not path.is_file():
        return ""
    about = json.loads(path.read_text("utf-8"))
    return str((about.get("prompts") or {}).get("query", ""))


def _digest(folder: Path, prefix: str) -> str:
    """Return a hash that changes when the encoder does: its prompt, sizes, first and last bytes.

    Reading 75 MB at each start would cost more than it protects: the folder is the operator's.
    """
    seen = hashlib.sha256(prefix.encode())
    for name in FILES:
        path = folder / name
        seen.update(f"{name} {path.stat().st_size}".encode())
        with path.open("rb") as file:
            seen.update(file.read(1 << 16))
            file.seek(max(0, path.stat().st_size - (1 << 16)))
            seen.update(file.read())
    return seen.hexdigest()[:16]
