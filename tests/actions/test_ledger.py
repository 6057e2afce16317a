"""The sealed record notices every way in which somebody with the database could change the past."""

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import DatabaseError, connection, transaction

from cases import append_only, clock, queries_ledger
from cases.actions import events, ledger
from cases.domain import merkle
from cases.models import Event, Seal, SealedEvent
from tests.builders import MORNING, a_borrower

pytestmark = pytest.mark.django_db
BATCHES, PER_BATCH = 3, 5


@pytest.fixture
def record() -> list[Event]:
    """Three sealed batches of five events, an hour apart, with the triggers taken away as an intruder would."""
    person = a_borrower()
    written = []
    for hour in range(BATCHES):
        with clock.fixed(MORNING + dt.timedelta(hours=hour)):
            written += [
                events.record(f"test.{number}", by=person, about=person) for number in range(PER_BATCH)
            ]
            ledger.seal()
    append_only.disarm(connection)
    return written


def verdict(outside: tuple[int, str] | None = None) -> list[str]:
    return [str(fault) for fault in queries_ledger.verify(ledger.public_key(), outside).faults]


def run(statement: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def test_an_untouched_record_is_sound(record: list[Event]) -> None:
    report = queries_ledger.verify(ledger.public_key())
    assert report.sound
    assert (report.seals, report.events, report.unsealed) == (BATCHES, BATCHES * PER_BATCH, 0)


def test_the_database_itself_refuses_to_change_a_sealed_row() -> None:
    person = a_borrower()
    events.record("test", by=person, about=person)
    ledger.seal()
    for table in ("cases_event", "cases_seal", "cases_sealedevent"):
        with transaction.atomic(), pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            run(f"DELETE FROM {table}")


def test_an_edited_event_is_named(record: list[Event]) -> None:
    run("UPDATE cases_event SET kind = 'test.nothing' WHERE id = %s", record[7].pk)
    assert verdict() == [f"event_altered at event {record[7].pk}, batch 2"]


def test_a_changed_instant_is_named(record: list[Event]) -> None:
    Event.objects.filter(pk=record[3].pk).update(at=record[3].at + dt.timedelta(seconds=1))
    assert verdict() == [f"event_altered at event {record[3].pk}, batch 1"]


def test_a_deleted_event_is_named(record: list[Event]) -> None:
    run("DELETE FROM cases_event WHERE id = %s", record[2].pk)
    assert verdict()[0] == f"event_missing at event {record[2].pk}, batch 1"


def test_a_deleted_event_with_its_leaf_is_noticed(record: list[Event]) -> None:
    run("DELETE FROM cases_event WHERE id = %s", record[2].pk)
    run("DELETE FROM cases_sealedevent WHERE event_id = %s", record[2].pk)
    assert verdict()[0] == f"leaf_missing at event {record[3].pk}, batch 1"


def test_two_events_that_changed_places_are_named(record: list[Event]) -> None:
    first, second = record[5], record[6]
    Event.objects.filter(pk=first.pk).update(kind=second.kind)
    Event.objects.filter(pk=second.pk).update(kind=first.kind)
    assert verdict()[0] == f"event_altered at event {first.pk}, batch 2"


def test_reordered_leaves_are_noticed(record: list[Event]) -> None:
    first, second = SealedEvent.objects.filter(seal__number=2).order_by("position")[:2]
    for leaf, position in ((first, 99), (second, 0), (first, 1)):
        SealedEvent.objects.filter(pk=leaf.pk).update(position=position)
    assert "root_differs at batch 2" in verdict()


def test_an_event_put_in_later_is_named_before_and_after_it_is_sealed(record: list[Event]) -> None:
    with clock.fixed(MORNING + dt.timedelta(minutes=1)):
        forged = events.record("test.forged", by=None, about=a_borrower())
    assert verdict() == [f"event_inserted at event {forged.pk}"]
    with clock.fixed(MORNING + dt.timedelta(hours=9)):
        ledger.seal()
    assert verdict() == [f"event_inserted at event {forged.pk}, batch {BATCHES + 1}"]


def test_a_batch_cut_out_of_the_middle_is_named(record: list[Event]) -> None:
    second = Seal.objects.get(number=2)
    run(
        "DELETE FROM cases_event WHERE id IN (SELECT event_id FROM cases_sealedevent WHERE seal_id = %s)",
        second.pk,
    )
    run("DELETE FROM cases_sealedevent WHERE seal_id = %s", second.pk)
    run("DELETE FROM cases_seal WHERE id = %s", second.pk)
    assert verdict()[0] == "batch_missing at batch 2"


def cut_the_tail() -> tuple[int, str]:
    """Remove the last batch with its events, as if it had never been; returns the head that was given away."""
    last = Seal.objects.order_by("-number")[0]
    given_away = (last.number, last.head)
    run(
        "DELETE FROM cases_event WHERE id IN (SELECT event_id FROM cases_sealedevent WHERE seal_id = %s)",
        last.pk,
    )
    run("DELETE FROM cases_sealedevent WHERE seal_id = %s", last.pk)
    run("DELETE FROM cases_seal WHERE id = %s", last.pk)
    return given_away


def test_a_tail_that_was_cut_off_is_noticed_by_whoever_kept_the_head(record: list[Event]) -> None:
    given_away = cut_the_tail()
    assert verdict(given_away) == [f"tail_missing at batch {BATCHES}"]


def test_the_control_without_an_outside_head_misses_the_cut_tail(record: list[Event]) -> None:
    cut_the_tail()
    assert verdict() == []


def rewrite(number: int) -> None:
    """What an intruder without the signing key can do at most: recompute one batch and all after it."""
    previous = merkle.GENESIS
    for seal in Seal.objects.order_by("number"):
        if seal.number >= number:
            leaves = []
            for leaf in seal.leaves.order_by("position"):
                fresh = merkle.leaf_hash(queries_ledger.record_of(Event.objects.get(pk=leaf.event_id)))
                SealedEvent.objects.filter(pk=leaf.pk).update(leaf=fresh.hex())
                leaves.append(fresh)
            batch = merkle.Batch(
                number=seal.number,
                count=seal.count,
                root=merkle.root_of(leaves),
                previous=previous,
                sealed_at=seal.sealed_at.isoformat(),
            )
            Seal.objects.filter(pk=seal.pk).update(
                root=batch.root.hex(), previous=previous.hex(), head=merkle.head_of(batch).hex()
            )
        previous = bytes.fromhex(Seal.objects.get(pk=seal.pk).head)


def test_a_wholly_recomputed_record_fails_at_its_signatures(record: list[Event]) -> None:
    run("UPDATE cases_event SET kind = 'test.nothing' WHERE id = %s", record[7].pk)
    rewrite(2)
    assert verdict() == ["signature_invalid at batch 2", "signature_invalid at batch 3"]


def test_a_record_resealed_with_the_key_still_differs_from_the_head_that_was_kept(
    record: list[Event],
) -> None:
    kept = Seal.objects.get(number=3)
    run("UPDATE cases_event SET kind = 'test.nothing' WHERE id = %s", record[7].pk)
    rewrite(2)
    for seal in Seal.objects.filter(number__gte=2):
        signature = ledger._signing_key().sign(bytes.fromhex(seal.head)).hex()
        Seal.objects.filter(pk=seal.pk).update(signature=signature)
    assert verdict() == []
    assert verdict((3, kept.head)) == ["head_differs at batch 3"]


def test_an_event_with_a_lower_number_that_commits_late_is_sealed_too() -> None:
    person = a_borrower()
    late = events.record("test.late", by=person, about=person)
    row = Event.objects.filter(pk=late.pk).values().get()
    append_only.disarm(connection)
    run("DELETE FROM cases_event WHERE id = %s", late.pk)
    events.record("test.quick", by=person, about=person)
    ledger.seal()
    Event.objects.create(**row)
    sealed = ledger.seal()
    assert sealed is not None
    assert list(sealed.leaves.values_list("event_id", flat=True)) == [late.pk]
    assert verdict() == []


def test_one_event_can_be_proved_without_the_others(record: list[Event]) -> None:
    proof = queries_ledger.prove(record[8])
    assert proof is not None
    root = merkle.root_from_path(
        merkle.leaf_hash(proof.record.encode()),
        proof.position,
        proof.count,
        [bytes.fromhex(step) for step in proof.path],
    )
    assert root.hex() == proof.seal.root
    assert json.loads(proof.record)["id"] == record[8].pk


def test_an_event_that_waits_for_its_batch_has_no_proof_yet() -> None:
    person = a_borrower()
    assert queries_ledger.prove(events.record("test", by=person, about=person)) is None


def test_sealing_nothing_makes_no_batch() -> None:
    assert ledger.seal() is None


# ── the command ──────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def head_file(record: list[Event], tmp_path: Path) -> Path:
    last = Seal.objects.order_by("-number")[0]
    path = tmp_path / "head.txt"
    path.write_text(f"as printed on 12 May\n{last.number} {last.head}\n")
    return path


def test_the_command_passes_on_a_sound_record(head_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("verify_ledger", head=head_file)
    assert "unbroken" in capsys.readouterr().out


@pytest.mark.parametrize("deed", [cut_the_tail, lambda: run("UPDATE cases_event SET kind = 'x'")])
def test_the_command_fails_on_a_broken_one(head_file: Path, deed: Callable[[], object]) -> None:
    deed()
    with pytest.raises(CommandError, match="does not fit"):
        call_command("verify_ledger", head=head_file)


def test_the_command_prints_a_report_for_machines(
    record: list[Event], capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("verify_ledger", json=True)
    report = json.loads(capsys.readouterr().out)
    assert (report["seals"], report["events"], report["faults"]) == (BATCHES, BATCHES * PER_BATCH, [])


def test_a_head_file_that_says_nothing_is_refused_in_words(record: list[Event], tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_text("hello")
    with pytest.raises(CommandError, match="last line"):
        call_command("verify_ledger", head=tmp_path / "empty.txt")
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("verify_ledger", head=tmp_path / "absent.txt")
