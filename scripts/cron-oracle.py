# What cronsim, which follows Debian's cron, says of every change of the clock in 2026: the table that
# packages/footing/src/cron/times/tick-times.test.ts reads. Run it again for another year:
#   python3 -m venv venv && venv/bin/pip install cronsim==2.8 tzdata && venv/bin/python scripts/cron-oracle.py > packages/footing/src/cron/times/golden/cronsim-2026.golden.json
import json
import sys
from datetime import datetime, timedelta, timezone
from importlib.metadata import version
from zoneinfo import ZoneInfo

from cronsim import CronSim

YEAR = 2026
ZONES = [
    "America/New_York",
    "America/Los_Angeles",
    "America/St_Johns",
    "America/Havana",
    "America/Santiago",
    "Atlantic/Azores",
    "Europe/London",
    "Europe/Berlin",
    "Asia/Beirut",
    "Africa/Casablanca",
    "Australia/Sydney",
    "Australia/Lord_Howe",
]
PATTERNS = [
    "0 3 * * *",
    "30 2 * * *",
    "30 1 * * *",
    "0,30 1 * * *",
    "0 0 * * *",
    "15 0-3 * * 0",
    "0 * * * *",
    "*/15 * * * *",
    "0 */2 * * *",
    "*/20 1-3 * * *",
]


def changes(zone):
    at = datetime(YEAR, 1, 1, tzinfo=timezone.utc)
    step = timedelta(minutes=15)
    while at.year == YEAR:
        after = at + step
        if at.astimezone(zone).utcoffset() != after.astimezone(zone).utcoffset():
            yield after
        at = after


def ticks(pattern, zone, begin, end):
    for found in CronSim(pattern, begin.astimezone(zone)):
        instant = int(found.astimezone(timezone.utc).timestamp())
        if instant > end.timestamp():
            return
        yield instant


def minute_by_minute(pattern, zone, begin, end):
    """The fields that cronsim has read, asked for each minute that passes, as cron's own loop does."""
    fields = CronSim(pattern, begin.astimezone(zone))
    at = begin + timedelta(minutes=1)
    while at <= end:
        shown = at.astimezone(zone)
        if (
            shown.minute in fields.minutes
            and shown.hour in fields.hours
            and shown.month in fields.months
            and fields.match_day(shown.date())
        ):
            yield int(at.timestamp())
        at += timedelta(minutes=1)


cases = []
corrected = []
for name in ZONES:
    zone = ZoneInfo(name)
    both = list(changes(zone))
    if len(both) != 2:
        sys.exit(f"{name} has {len(both)} changes in {YEAR}")
    for change in both:
        begin, end = change - timedelta(hours=12), change + timedelta(hours=36)
        for pattern in PATTERNS:
            start = int(begin.timestamp())
            found = list(ticks(pattern, zone, begin, end))
            minute, hour = pattern.split()[:2]
            if minute.startswith("*") or hour.startswith("*"):
                # cronsim 2.8 steps by whole hours, and so over 02:00 where a clock goes back by half an hour.
                asked = list(minute_by_minute(pattern, zone, begin, end))
                if asked != found:
                    corrected.append([name, int(change.timestamp()), pattern])
                    found = asked
            # Seconds after the beginning.
            cases.append([name, int(change.timestamp()), pattern, [tick - start for tick in found]])

print('{"oracle":"cronsim %s","hoursBefore":12,"hoursAfter":36,' % version("cronsim"))
print('"corrected":%s,"cases":[' % json.dumps(corrected, separators=(",", ":")))
print(",\n".join(json.dumps(case, separators=(",", ":")) for case in cases))
print("]}")
