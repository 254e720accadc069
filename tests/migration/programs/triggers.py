"""The due times of the triggers that the pages show."""

from datetime import date, datetime, timezone

from asyncz.triggers import AndTrigger, CronTrigger, DateTrigger, IntervalTrigger, OrTrigger, ShutdownTrigger

NOW = datetime(2026, 6, 1, 12, tzinfo=timezone.utc)
TRIGGERS = [
    DateTrigger(run_at=datetime(2026, 11, 6, 16, 30, 5, tzinfo=timezone.utc)),
    DateTrigger(run_at="2026-11-06 16:30:05", timezone=timezone.utc),
    DateTrigger(run_at=date(2026, 11, 6), timezone=timezone.utc),
    IntervalTrigger(hours=2, start_at="2026-10-10 09:30:00", end_at="2027-06-15 11:00:00", timezone=timezone.utc),
    IntervalTrigger(weeks=1, days=2, start_at=NOW),
    CronTrigger(month="6-8,11-12", day="3rd fri", hour="0-3"),
    CronTrigger(day_of_week="mon-fri", hour=5, minute=30, end_at="2026-06-04"),
    CronTrigger(hour="0-23", minute="1"),
    CronTrigger(year=2026, month="*/4", day="last"),
    CronTrigger(week=40, day_of_week=6, hour="9,18"),
    CronTrigger(second="*/20", minute="59", hour=23),
    CronTrigger.from_crontab("0 0 1-15 may-aug *"),
    AndTrigger([CronTrigger(hour="0-12", minute=0), CronTrigger(day_of_week="sun", minute=0)]),
    OrTrigger([CronTrigger(day_of_week="mon", hour=2), CronTrigger(day_of_week="tue", hour=15)]),
    ShutdownTrigger(),
]
for trigger in TRIGGERS:
    times = []
    due = trigger.get_next_trigger_time(timezone.utc, None, NOW)
    while due is not None and len(times) < 4:
        times.append(due.isoformat())
        due = trigger.get_next_trigger_time(timezone.utc, due, due)
    print(trigger.alias, times)
