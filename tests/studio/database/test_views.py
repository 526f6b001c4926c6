"""What each view shows, to whom: the same as the database's own rules let through, and nothing else."""

from __future__ import annotations

import json

import pytest
from studio_house import PNG, picture

from lineament.database import browse
from lineament.database.actors import add_condition
from lineament.database.consent.purposes import Purpose
from lineament.database.people import add_project, end_consent, enrol
from lineament.database.records import SubjectRecord
from lineament.database.releases.create import create_release
from lineament.database.releases.hand_out import hand_out
from lineament.database.withdraw import withdraw
from lineament.studio.database import asking, pool, scans

VIEWS = ("scans", "subjects", "review", "releases")


def test_an_actor_without_a_role_sees_nothing(full) -> None:
    nils = full.join("nils")
    for view in VIEWS:
        place = f"/api/db/{view}"
        reply = nils.get(place)
        assert reply.status_code == 200, view
        found = reply.json()
        assert (found if isinstance(found, list) else found["rows"]) == [], view
    facets = nils.get("/api/db/facets").json()
    assert [facets[name] for name in ("project", "sex", "origin", "expression", "device", "age")] == [[]] * 5 + [None]
    stats = nils.get("/api/db/stats").json()
    assert (stats["people"], stats["scans"], stats["counts"]["expression"], stats["jobs"]) == (0, 0, {}, {})
    assert nils.get("/api/db/scans/count").json() == {"scans": 0, "more": False}
    assert nils.get("/api/db/jobs").json()["kinds"] == {}
    assert nils.get("/api/db/audit").status_code == 403
    scan, subject = full.lab.scans["P1"][0], full.lab.people["P1"]
    for place in (f"scans/{scan}", f"scans/{scan}/thumbnail", f"subjects/{subject}"):
        assert nils.get(f"/api/db/{place}").status_code == 403, place
    assert nils.ask("POST", f"/api/db/scans/{scan}/open", {"purpose": "research"}).status_code == 403
    assert (
        nils.ask("POST", f"/api/db/review/{full.lab.doubtful}", {"decision": "accept", "reason": "x"}).status_code
        == 403
    )
    assert nils.ask("POST", "/api/db/jobs", {"kind": "landmarks"}).status_code == 403
    assert not nils.get("/api/jobs").json()


def test_refusals_are_in_the_log(full) -> None:
    rita, scan = full.join("rita", "reader"), full.lab.scans["P1"][0]
    rita.ask("POST", f"/api/db/review/{full.lab.doubtful}", {"decision": "accept", "reason": "it is fine"})
    rita.get("/api/db/audit")
    rita.ask("POST", "/api/db/jobs", {"kind": "landmarks"})
    end_consent(full.lab.database, full.lab.people["P1"])
    rita.get(f"/api/db/scans/{scan}/thumbnail")
    rita.ask("POST", f"/api/db/scans/{scan}/open", {"purpose": "research"})
    found = [(each["action"], each["reason"]) for each in full.refusals(actor=full.names["rita"])]
    assert found == [
        ("review", "no role"),
        ("audit", "no role"),
        ("derive", "no role"),
        ("read", "consent ended"),
        ("read", "consent ended"),
    ]


def test_pages_hold_each_scan_once(full) -> None:
    rita = full.join("rita", "reader")
    found, after = [], ""
    while True:
        page = rita.get("/api/db/scans", limit=2, after=after).json()
        found += [each["id"] for each in page["rows"]]
        after = page["next"]
        if after is None:
            break
    expected = {scan for own in full.lab.scans.values() for scan in own} - {full.lab.doubtful}
    assert len(found) == len(expected)
    assert set(found) == expected
    assert found == sorted(found)
    people, after = [], ""
    while after is not None:
        page = rita.get("/api/db/subjects", limit=2, after=after).json()
        people += [each["id"] for each in page["rows"]]
        after = page["next"]
    assert people == sorted(full.lab.people.values())


@pytest.mark.parametrize(
    ("asked", "labels"),
    [
        ({"sex": "female", "expression": "neutral"}, ["P1", "P3"]),
        ({"age_from": 21, "age_below": 22}, ["P2", "P2"]),
        ({"age_below": 21}, ["P1", "P1"]),
        ({"has": "thumbnail"}, ["P1", "P2", "P3"]),
        ({"consented": "portrait", "sex": "male"}, ["P2", "P2"]),
        ({"expression": "nothing"}, []),
        ({"project": "faces", "device": "rig", "lacks": "thumbnail"}, ["P1", "P2"]),
    ],
)
def test_filters_are_the_databases_own(full, asked: dict, labels: list[str]) -> None:
    rows = full.join("rita", "reader").rows("/api/db/scans", **asked)
    names = {subject: label for label, subject in full.lab.people.items()}
    assert sorted(names[each["subject"]] for each in rows) == labels


@pytest.mark.parametrize(
    "asked", [{"sexx": "female"}, {"limit": 0}, {"limit": 10**9}, {"age_from": "nan"}, {"consented": "x"}]
)
def test_an_unknown_filter_is_refused(full, asked: dict) -> None:
    reply = full.join("rita", "reader").get("/api/db/scans", **asked)
    assert reply.status_code == 422
    assert reply.json()["error"]["kind"] == "InputError"


def test_a_row_tells_what_is_there_and_what_was_agreed_to(full) -> None:
    row = full.join("rita", "reader").rows("/api/db/scans", scan=full.lab.scans["P1"][0])[0]
    assert (row["project"], row["has"], row["consent"], row["device"]) == ("faces", ["thumbnail"], "in force", "rig")
    assert set(row["purposes"]) == {str(purpose) for purpose in Purpose}
    full.lab.agree(full.lab.people["P1"], purposes={Purpose.RESEARCH: None})
    (_, rita) = full.names, full.browser()
    rita.sign_in("rita")
    assert rita.rows("/api/db/scans", scan=row["id"])[0]["purposes"] == ["research"]


def test_who_has_withdrawn_is_gone(full) -> None:
    lab, olga = full.lab, full.join("olga", "officer", "curator")
    subject, scan = lab.people["P1"], lab.scans["P1"][0]
    assert olga.get(f"/api/db/subjects/{subject}").status_code == 200
    assert olga.get(f"/api/db/scans/{scan}/thumbnail").content == PNG
    olga.get("/api/db/scans", pictures="research")
    withdraw(lab.database, subject)
    assert subject not in {each["id"] for each in olga.rows("/api/db/subjects")}
    assert scan not in {each["id"] for each in olga.rows("/api/db/scans")}
    for place in (f"subjects/{subject}", f"scans/{scan}", f"scans/{scan}/thumbnail"):
        assert olga.get(f"/api/db/{place}").status_code == 403, place
    assert olga.ask("POST", f"/api/db/scans/{scan}/open", {"purpose": "research"}).status_code == 403


def test_the_state_of_each_consent_is_told_to_those_who_record_them(full) -> None:
    lab = full.lab
    end_consent(lab.database, lab.people["P2"])
    nobody = enrol(lab.database, "faces", SubjectRecord("P4"), "GDPR")
    olga, rita = full.join("olga", "officer"), full.join("rita", "reader")
    states = {each["id"]: each["consent"] for each in olga.rows("/api/db/subjects")}
    assert states == {
        lab.people["P1"]: "in force",
        lab.people["P2"]: "ended",
        lab.people["P3"]: "in force",
        nobody: "none",
    }
    assert [each["id"] for each in olga.rows("/api/db/subjects", consent="ended")] == [lab.people["P2"]]
    found = olga.get(f"/api/db/subjects/{lab.people['P2']}").json()
    assert [each["in_force"] for each in found["consents"]] == [False]
    assert len(found["scans"]) == 2
    # To a reader P2 and P4 are not there, and of others consents are none of their business.
    seen = rita.rows("/api/db/subjects")
    assert {each["id"] for each in seen} == {lab.people["P1"], lab.people["P3"]}
    assert all(each["birth_year"] is None and not each["whole"] for each in seen)
    assert rita.get(f"/api/db/subjects/{lab.people['P2']}").status_code == 403
    found = rita.get(f"/api/db/subjects/{lab.people['P3']}").json()
    assert (found["consents"], [each["id"] for each in found["scans"]]) == ([], [lab.scans["P3"][0]])


def test_another_project_is_another_world(full) -> None:
    lab = full.lab
    add_project(lab.database, "elsewhere", lab.controller)
    enrol(lab.database, "elsewhere", SubjectRecord("Q1"), "GDPR")
    pia = full.join("pia", "reader", "curator", "officer", project="elsewhere")
    assert pia.rows("/api/db/scans") == []
    assert pia.rows("/api/db/review") == []
    assert len(pia.rows("/api/db/subjects")) == 1
    assert pia.get("/api/db/facets").json()["project"] == []
    assert pia.get(f"/api/db/scans/{lab.scans['P1'][0]}").status_code == 403
    # The log is of the whole database, and a role in one project is not enough for it.
    assert pia.get("/api/db/audit").status_code == 403


def test_conditions_of_a_project_count_for_pictures(full) -> None:
    lab = full.lab
    add_condition(lab.database, "faces", "terms", "Be kind.")
    rita = full.join("rita", "reader")
    reply = rita.get(f"/api/db/scans/{lab.scans['P1'][0]}/thumbnail")
    assert reply.status_code == 403
    assert "condition" in reply.json()["error"]["message"]


def test_thumbnails_of_a_page_are_one_entry_and_each_is_asked_for_again(full) -> None:
    lab, rita = full.lab, full.join("rita", "reader")
    log, names = lab.database.log, [own[0] for own in lab.scans.values()]

    def reads() -> list[dict]:
        return [each for each in log.entries(actor=full.names["rita"]) if each["action"] == "read"]

    lab.agree(lab.people["P2"], purposes={Purpose.TRAINING: None})
    rita.get("/api/db/scans", pictures="research")
    assert [(each["allowed"], len({each["object"], *each["detail"].get("about", [])} - {""})) for each in reads()] == [
        (False, 1),
        (True, 2),
    ]
    replies = {name: rita.get(f"/api/db/scans/{name}/thumbnail", purpose="research") for name in names}
    assert [reply.status_code for reply in replies.values()] == [200, 403, 200]
    assert replies[names[0]].content == PNG
    assert replies[names[0]].headers["content-type"] == "image/png"
    assert replies[names[0]].headers["cache-control"] == "no-store"
    assert len(reads()) == 3  # P2's alone was asked for by itself, and refused
    end_consent(lab.database, lab.people["P1"])
    assert rita.get(f"/api/db/scans/{names[0]}/thumbnail").status_code == 403
    other = full.join("theo", "reader")
    other.get(f"/api/db/scans/{names[2]}/thumbnail")
    assert [each for each in log.entries(names[2], full.names["theo"]) if each["action"] == "read"]


def test_a_scan_without_a_thumbnail_has_none(full) -> None:
    rita = full.join("rita", "reader")
    assert rita.get(f"/api/db/scans/{full.lab.scans['P1'][1]}/thumbnail").status_code == 404


def test_what_is_known_of_a_scan(full) -> None:
    facts = full.join("rita", "reader").get(f"/api/db/scans/{full.lab.scans['P1'][0]}").json()
    roles = [(each["role"], each["derived"], each["tool"], len(each["parents"])) for each in facts["files"]]
    assert roles == [("geometry", False, None, 0), ("thumbnail", True, "a tool", 1)]
    assert facts["scan"]["id"] == full.lab.scans["P1"][0]


def test_a_reader_cannot_review_and_a_curator_can(full) -> None:
    lab, rita, cora = full.lab, full.join("rita", "reader"), full.join("cora", "curator")
    place, said = f"/api/db/review/{lab.doubtful}", {"decision": "accept", "reason": "small holes"}
    assert rita.rows("/api/db/review") == []
    assert rita.rows("/api/db/scans", state="quarantined") == []
    assert rita.ask("POST", place, said).status_code == 403
    (row,) = cora.rows("/api/db/review")
    assert (row["scan"]["id"], row["scan"]["state_reason"]) == (lab.doubtful, "holes")
    assert row["findings"][0]["said"] == "there are holes"
    assert cora.ask("POST", place, {**said, "reason": "  "}).status_code == 400
    assert cora.ask("POST", place, said).json() == {"scan": lab.doubtful, "state": "accepted"}
    assert cora.rows("/api/db/review") == []
    assert lab.doubtful in {each["id"] for each in rita.rows("/api/db/scans")}
    assert cora.ask("POST", place, {"decision": "reject", "reason": "it is somebody else"}).status_code == 200
    assert lab.doubtful not in {each["id"] for each in rita.rows("/api/db/scans")}
    (found,) = lab.database.catalogue.rows("SELECT state_reason FROM scans WHERE id = :id", id=lab.doubtful)
    assert found["state_reason"] == "it is somebody else"


def test_a_reviewer_sees_the_picture_of_a_doubtful_scan(full) -> None:
    lab = full.lab
    lab.database.catalogue.run("UPDATE scans SET state = 'accepted' WHERE id = :id", id=lab.doubtful)
    picture(lab, lab.doubtful)
    lab.database.catalogue.run("UPDATE scans SET state = 'quarantined' WHERE id = :id", id=lab.doubtful)
    assert full.join("cora", "curator").get(f"/api/db/scans/{lab.doubtful}/thumbnail").content == PNG
    assert full.join("rita", "reader").get(f"/api/db/scans/{lab.doubtful}/thumbnail").status_code == 403


def test_releases_are_for_those_who_release(full) -> None:
    lab = full.lab
    create_release(lab.database, "shapes", "faces", "training", description="Ellipsoids.", licence="CC0")
    hand_out(lab.database, "shapes", "bids", lab.root / "out", "Bob", country="FR")
    cora, rita = full.join("cora", "curator"), full.join("rita", "reader")
    (row,) = cora.get("/api/db/releases").json()
    assert (row["name"], row["version"], row["project"], row["scans"], row["people"]) == (
        "shapes",
        "1.0.0",
        "faces",
        5,
        3,
    )
    found = cora.get("/api/db/releases/shapes/1.0.0").json()
    assert found["exports"][0]["recipient"] == "Bob"
    assert "folder" not in found["exports"][0]  # paths of the server are nobody's business
    assert found["balance"]["totals"]["all"] == {"people": 3, "scans": 5}
    assert found["balance"]["splits"]["all"]["sex"]["female"] == {"people": 2, "scans": 3}
    assert found["balance"]["removed"]["sex"]["female"]["removed"] == {"people": 1, "scans": 1}
    assert cora.get("/api/db/releases/shapes/9.9.9").status_code == 404
    assert rita.get("/api/db/releases").json() == []
    assert rita.get("/api/db/releases/shapes/1.0.0").status_code == 403


def test_the_log_is_for_those_who_may_read_it(full) -> None:
    lab, adam = full.lab, full.join("adam", "auditor")
    rita, scan = full.join("rita", "reader"), full.lab.scans["P1"][0]
    rita.get(f"/api/db/scans/{scan}")
    found, before = [], None
    while True:
        page = adam.get("/api/db/audit", limit=7, **({} if before is None else {"before": before})).json()
        found += [each["seq"] for each in page["rows"]]
        before = page["next"]
        if before is None:
            break
    assert len(found) == len(set(found))
    assert found == sorted(found, reverse=True)
    assert found[-1] == 1
    entry = adam.rows("/api/db/audit", about=scan, actor="rita")[0]
    assert (entry["actor"], entry["action"], entry["object"], entry["allowed"]) == ("rita", "find", scan, True)
    assert adam.get("/api/db/audit", actor="who").status_code == 400
    assert [each["action"] for each in lab.database.log.entries(actor=full.names["adam"])].count("audit") > 3
    assert not lab.database.log.verify()


def test_figures_are_of_what_one_may_find_and_kept_for_a_moment(full, monkeypatch: pytest.MonkeyPatch) -> None:
    rita, adam = full.join("rita", "reader"), full.join("adam", "auditor")
    found = rita.get("/api/db/stats").json()
    assert (found["people"], found["scans"]) == (3, 5)
    assert found["counts"]["expression"]["neutral"] == {"people": 3, "scans": 3}
    assert adam.get("/api/db/stats").json()["scans"] == 0
    counted = []
    known = scans.count_up_to
    monkeypatch.setattr(
        scans, "count_up_to", lambda database, **given: counted.append(given) or known(database, **given)
    )
    monkeypatch.setattr(scans, "COUNTED", 4)
    theo = full.join("theo", "reader")
    for browser in (rita, rita, theo):  # who has the same roles may find the same
        assert browser.get("/api/db/scans/count").json() == {"scans": 4, "more": True}
    assert rita.get("/api/db/scans/count", sex="male").json() == {"scans": 2, "more": False}
    assert adam.get("/api/db/scans/count").json() == {"scans": 0, "more": False}
    assert len(counted) == 3
    assert theo.get("/api/db/stats").json() == {**found, "actor": "theo"}
    figures = full.app.state.views.figures
    now = figures.clock()
    figures.clock = lambda: now + asking.STALE + 1
    rita.get("/api/db/scans/count")
    assert len(counted) == 4


def test_figures_of_all_projects_are_not_those_of_a_project_that_is_called_so(full) -> None:
    lab = full.lab
    add_project(lab.database, "all projects", lab.controller)
    rita = full.join("rita", "reader")
    pia = full.join("pia", "reader", project="all projects")
    for browser, many in ((rita, 5), (pia, 0)):
        assert browser.get("/api/db/scans/count").json()["scans"] == many
        assert browser.get("/api/db/stats").json()["scans"] == many


def test_figures_are_counted_in_a_process_that_ends_with_the_studio(full, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "APART", True)
    rita, nils = full.join("rita", "reader"), full.join("nils")
    assert rita.get("/api/db/stats").json()["scans"] == 5
    assert nils.get("/api/db/stats").json()["scans"] == 0
    assert rita.get("/api/db/facets").json()["sex"] == ["female", "male"]
    found = full.app.state.views.pool
    (process,) = found._apart._processes.values()
    entries = [each for each in full.lab.database.log.entries(actor=full.names["rita"]) if "stats" in each["detail"]]
    assert len(entries) == 2  # of what may be found, and of what may be reviewed
    process.kill()
    process.join()
    cora = full.join("cora", "curator")
    assert cora.get("/api/db/stats").status_code in (200, 500)  # the death is told once
    assert cora.get("/api/db/stats").json()["scans"] == 5


def test_facets_are_values_that_one_may_find(full) -> None:
    facets = full.join("rita", "reader").get("/api/db/facets").json()
    assert (facets["project"], facets["sex"]) == (["faces"], ["female", "male"])
    assert facets["expression"] == ["neutral", "smile"]
    assert (facets["modality"], facets["device"], facets["age"]) == (["cloud"], ["rig"], [20.0, 22.0])
    end_consent(full.lab.database, full.lab.people["P2"])
    found = browse.facets(full.lab.database)
    assert (found.values["sex"], found.age) == (("female",), (20.0, 22.0))


def test_a_name_of_the_filters_is_no_sql(full) -> None:
    rita = full.join("rita", "reader")
    assert rita.rows("/api/db/scans", expression="' OR 1 = 1 --") == []
    assert rita.get("/api/db/scans", project="' OR 1 = 1 --").status_code == 400
    assert rita.get("/api/db/scans", expression="a\0b").status_code == 400
    assert rita.get("/api/db/subjects", sex="a\0b").status_code in (200, 400)


def test_answers_tell_no_label_and_no_path(full) -> None:
    olga, lab = full.join("olga", "officer", "curator", "admin"), full.lab
    places = ["scans", "subjects", "review", "releases", "facets", "stats", "audit", "jobs"]
    places += [f"scans/{lab.scans['P1'][0]}", f"subjects/{lab.people['P1']}"]
    said = json.dumps([olga.get(f"/api/db/{place}").json() for place in places])
    assert "P1" not in said
    assert str(lab.root) not in said
