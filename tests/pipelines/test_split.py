from __future__ import annotations

from pipelines.split import split_documents


def test_a_company_is_on_one_side_only() -> None:
    groups = {f"{company}{at}": company for company in "가나다라마바" for at in range(3)}
    parts = split_documents(groups, eval_share=0.34, seed=42)
    held_out = {groups[doc_id] for doc_id, part in parts.items() if part == "eval"}
    assert len(held_out) == 2
    assert all((part == "eval") == (groups[doc_id] in held_out) for doc_id, part in parts.items())


def test_documents_without_a_group_are_split_by_themselves() -> None:
    parts = split_documents({f"q{at}": "" for at in range(10)}, eval_share=0.3, seed=1)
    assert sorted(parts.values()).count("eval") == 3


def test_the_seed_decides_and_order_does_not() -> None:
    groups = {str(at): f"회사{at}" for at in range(20)}
    first = split_documents(groups, eval_share=0.2, seed=1)
    assert first == split_documents(dict(reversed(groups.items())), eval_share=0.2, seed=1)
    assert first != split_documents(groups, eval_share=0.2, seed=2)


def test_two_groups_give_one_each_and_one_stays_in_train() -> None:
    assert sorted(split_documents({"a": "가", "b": "나"}, eval_share=0.1, seed=1).values()) == ["eval", "train"]
    assert split_documents({"a": "가"}, eval_share=0.5, seed=1) == {"a": "train"}


def test_a_share_of_zero_holds_out_nothing() -> None:
    assert set(split_documents({"a": "가", "b": "나"}, eval_share=0.0, seed=1).values()) == {"train"}
