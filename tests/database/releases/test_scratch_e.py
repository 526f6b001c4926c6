import time, json
from lineament.database.records import FileRecord
from lineament.database.releases.create import create_release, release_named
from lineament.database.releases.balance import balance
from lineament.database.releases.datasheet import datasheet
from lineament.database.releases.verify_release import verify_release, verify_export
from lineament.database.releases.diff import diff, describe
from lineament.database.releases.hand_out import hand_out
from lineament.database.withdraw import withdraw
def test_x(lab):
    t=time.time(); d=lab.database
    for i in range(24):
        lab.person(f"P{i}", sex="female" if i%2 else "male", origin="asian" if i<10 else "african|x" if i<12 else "", )
    print('enrol', time.time()-t)
    recs=[]
    for i in range(24):
        for k in range(2):
            r=lab.record(f"P{i}", 2*i+k, device="rig one" if i%2 else "rig two", age=5.+4*i, expression=("neutral","smile")[k])
            if i%2 and k and i<20:
                p=r.files[0].path; p.write_bytes(p.read_bytes()[:-100])
            recs.append(r)
    t=time.time(); out=lab.ingest(*recs); print('ingest', time.time()-t, [o.state for o in out].count('quarantined'))
    create_release(d,"shapes","faces","training",splits={"train":.5,"test":.5},description="Ellipsoids.\n\nFor tests.",licence="CC0")
    r=release_named(d.catalogue,"shapes")
    t=time.time(); b=balance(d,r); print('balance',time.time()-t); print(b)
    s=datasheet(d,r); __import__('pathlib').Path('/tmp/e/sheet.md').write_text(s)
    print(verify_release(d,r))
    hand_out(d,"shapes","bids",lab.root/"out","Bob",country="FR")
    print(verify_export(lab.root/"out"))
    print(withdraw(d,next(iter(d.catalogue.rows("select subject from release_scans")))["subject"])["destroyed"])
    n=release_named(d.catalogue,"shapes")
    old=release_named(d.catalogue,"shapes","1.0.0")
    x=diff(d,old,n); print(describe(x)); print(verify_release(d,old), verify_release(d,n), verify_export(lab.root/"out"))
