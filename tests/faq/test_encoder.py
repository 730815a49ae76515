"""`faq.encoder` turns texts into vectors, from any folder with the layout of an exported model."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from faq.encoder import MOST_TOKENS, Encoder, EncoderError

VOCABULARY = {"<unk>": 0, "one": 1, "two": 2, "query:": 3}
TOKENS = ("input_ids", "attention_mask", "token_type_ids")


def model(
    folder: Path,
    *,
    inputs: tuple[str, ...] = TOKENS,
    output: str = "last_hidden_state",
    mean_over: tuple[int, ...] = (),
) -> Path:
    """Write a tiny model: each word is a corner of a cube, or the mean of these."""
    folder.mkdir(exist_ok=True)
    nodes = [helper.make_node("Gather", ["table", inputs[0]], ["words" if mean_over else output])]
    if mean_over:
        nodes.append(helper.make_node("ReduceMean", ["words", "axes"], [output], keepdims=0))
    sizes: tuple[str | int, ...] = ("batch", "tokens", len(VOCABULARY))
    shape = [size for axis, size in enumerate(sizes) if axis not in mean_over]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [
            helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "tokens"])
            for name in inputs
        ],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, shape)],
        [
            numpy_helper.from_array(np.eye(len(VOCABULARY), dtype=np.float32), "table"),
            numpy_helper.from_array(np.array(mean_over or [1], np.int64), "axes"),
        ],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)])
    made.ir_version = 10
    onnx.save(made, folder / "model.onnx")
    tokenizer = Tokenizer(WordLevel(VOCABULARY, unk_token="<unk>"))  # noqa: S106 - no password
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


def prompts(folder: Path, about: object) -> Path:
    """Write the file that may name a prompt."""
    path = folder / "config_sentence_transformers.json"
    path.write_text(about if isinstance(about, str) else json.dumps(about), "utf-8")
    return folder


TEXTS = ("how does malaria spread", "मलेरिया कैसे फैलता है", "ملیریا", "", "😀", "a" * 5000)


@pytest.mark.parametrize("text", TEXTS, ids=["english", "hindi", "urdu", "empty", "emoji", "long"])
def test_the_same_text_gives_the_same_vector(encoder: Encoder, text: str) -> None:
    """To the last bit, of length one."""
    vector = encoder.vector(text)

    assert (encoder.size,) == vector.shape
    assert vector.tobytes() == encoder.vector(text).tobytes()
    assert 1.0 == pytest.approx(float(np.linalg.norm(vector)), abs=1e-5)


def test_another_loaded_model_gives_the_same_vector(tmp_path: Path) -> None:
    """Two starts agree, so that what is kept on disk can be used."""
    one, other = Encoder(model(tmp_path)), Encoder(tmp_path)

    assert one.digest == other.digest
    assert one.vector("one two").tobytes() == other.vector("one two").tobytes()


def test_threads_may_share_an_encoder(encoder: Encoder) -> None:
    """Workers ask it at the same time."""
    texts = [f"question number {number % 5}" for number in range(40)]
    alone = [encoder.vector(text).tobytes() for text in texts]

    with ThreadPoolExecutor(8) as pool:
        together = [made.tobytes() for made in pool.map(encoder.vector, texts)]

    assert alone == together


def test_meaning_is_near_across_languages(encoder: Encoder) -> None:
    """A Hindi question finds a Swahili wording; another topic is farther."""
    asked = encoder.vector("मलेरिया कैसे फैलता है")
    same, other = (
        encoder.vector("malaria huenezwa vipi"),
        encoder.vector("saa za kufungua hospitali"),
    )

    assert float(asked @ other) < float(asked @ same)


def test_only_the_beginning_of_a_long_text_is_read(tmp_path: Path) -> None:
    """Time stays bounded."""
    encoder = Encoder(model(tmp_path))
    long = "one " * MOST_TOKENS

    assert encoder.vector(long).tobytes() == encoder.vector(f"{long} two two two").tobytes()


@pytest.mark.parametrize("inputs", [TOKENS, TOKENS[:2], TOKENS[:1]], ids=["three", "two", "one"])
def test_models_may_want_fewer_inputs(tmp_path: Path, inputs: tuple[str, ...]) -> None:
    """Each is given what it asks for; the vector is the mean of its words."""
    vector = Encoder(model(tmp_path, inputs=inputs)).vector("one two")

    assert [0, np.sqrt(0.5), np.sqrt(0.5), 0] == pytest.approx(vector.tolist())


def test_models_may_pool_by_themselves(tmp_path: Path) -> None:
    """Then their sentence vector is taken as it is."""
    made = model(tmp_path, output="sentence_embedding", mean_over=(1,))

    vector = Encoder(made).vector("one one two")

    assert [0, 2 / np.sqrt(5), 1 / np.sqrt(5), 0] == pytest.approx(vector.tolist())


@pytest.mark.parametrize(
    ("about", "prompted"),
    [
        ({"prompts": {"query": "query: "}}, True),
        ({"prompts": {"query": "", "passage": "passage: "}}, False),
        ({"prompts": None}, False),
        ({}, False),
    ],
    ids=["named", "empty", "null", "none"],
)
def test_the_prompt_of_the_model_goes_before_a_question(
    tmp_path: Path, about: object, *, prompted: bool
) -> None:
    """Models of the e5 family are trained with one."""
    plain = Encoder(model(tmp_path)).vector("query: one")
    encoder = Encoder(prompts(tmp_path, about))

    assert prompted is (plain.tolist() == encoder.vector("one").tolist())


def test_another_model_has_another_digest(tmp_path: Path) -> None:
    """So that vectors on disk are made again."""
    one = Encoder(model(tmp_path / "one")).digest
    other = Encoder(model(tmp_path / "other", inputs=TOKENS[:2])).digest

    assert one != other


def test_another_prompt_has_another_digest(tmp_path: Path) -> None:
    """The same model with a prompt gives other vectors: those on disk must not be used."""
    without = Encoder(model(tmp_path)).digest

    assert without != Encoder(prompts(tmp_path, {"prompts": {"query": "query: "}})).digest


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json"])
def test_a_missing_file_is_named_with_what_to_do(tmp_path: Path, name: str) -> None:
    """Also when the file lies in a folder of its own, as some exports have it."""
    (model(tmp_path) / name).rename(tmp_path / f"moved-{name}")

    with pytest.raises(EncoderError, match=rf"{tmp_path}: {name} is missing: run `make setup`"):
        Encoder(tmp_path)


def test_a_folder_that_does_not_exist_is_said(tmp_path: Path) -> None:
    """The usual first mistake."""
    with pytest.raises(EncoderError, match=r"model\.onnx is missing"):
        Encoder(tmp_path / "nothing")


@pytest.mark.parametrize(
    "name", ["model.onnx", "tokenizer.json", "config_sentence_transformers.json"]
)
@pytest.mark.parametrize(
    "content",
    [b"", b"not what its name says", b"[]", b"\xff\xfe"],
    ids=["empty", "text", "list", "bytes"],
)
def test_a_file_that_is_not_what_its_name_says_is_refused(
    tmp_path: Path, name: str, content: bytes
) -> None:
    """A download cut short gives a sentence, not a traceback of a library."""
    (prompts(model(tmp_path), {}) / name).write_bytes(content)

    with pytest.raises(EncoderError, match=f"{tmp_path}: the encoder cannot be loaded"):
        Encoder(tmp_path)


@pytest.mark.parametrize(
    "made",
    [
        {"inputs": ("input_ids", "pixel_values")},
        {"output": "logits", "mean_over": (1, 2)},
        {"output": "logits", "mean_over": (1,)},
    ],
    ids=["other-inputs", "one-number", "one-row"],
)
def test_a_model_that_gives_no_vectors_is_refused(tmp_path: Path, made: dict[str, object]) -> None:
    """A picture model or a classifier: the operator reads which folder is wrong."""
    model(tmp_path, **made)  # type: ignore[arg-type]

    with pytest.raises(EncoderError, match=f"{tmp_path}: "):
        Encoder(tmp_path)
