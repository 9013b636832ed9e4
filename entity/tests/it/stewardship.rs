//! What stewards say is kept as they said it, one steward at a time, and who changed what is kept for as long as promised.

use chrono::{DateTime, TimeDelta, Utc};
use entity::DatabaseConnection;
use entity::announcements::{self, Announcement, AnnouncementKind};
use entity::stewardship::{NewChange, RulesOf, Steward, Stewarding, changes, rules, said};
use sea_orm::ConnectionTrait as _;
use serde_json::json;
use testbed::TestDatabase;
use uuid::Uuid;

fn now() -> DateTime<Utc> {
    "2026-11-26T10:00:00Z".parse().unwrap()
}

async fn begin(db: &DatabaseConnection) -> Stewarding {
    let ada = Steward {
        name: "Ada".to_owned(),
        credential: "fb_abcdefgh".to_owned(),
    };
    Stewarding::begin(db, ada, now()).await.unwrap()
}

fn announcement(ends_at: Option<i64>, withdrawn_at: Option<i64>, changed_at: i64) -> Announcement {
    let days = |days: i64| now() + TimeDelta::days(days);
    Announcement {
        id: Uuid::new_v4(),
        dataset: "readings".to_owned(),
        kind: AnnouncementKind::Notice,
        title: "t".to_owned(),
        text: String::new(),
        starts_at: days(-400),
        ends_at: ends_at.map(days),
        created_at: days(-400),
        changed_at: days(changed_at),
        withdrawn_at: withdrawn_at.map(days),
    }
}

testbed::both! {
    async fn what_is_said_holds_when_it_is_committed_and_not_before(database: TestDatabase) {
        let db = &database.connect().await;
        let dropped = begin(db).await;
        dropped.say("readings", Some(&json!({ "title": "lost" }))).await.unwrap();
        drop(dropped);
        assert_eq!(said(db).await.unwrap(), []);
        let stewarding = begin(db).await;
        let words = json!({ "title": "t", "late_after_seconds": 1.5 });
        stewarding.say("readings", Some(&json!({ "title": "first" }))).await.unwrap();
        stewarding.say("readings", Some(&words)).await.unwrap();
        stewarding.say("sensors", Some(&json!({ "title": "s" }))).await.unwrap();
        stewarding.say("sensors", None).await.unwrap();
        assert_eq!(stewarding.said("readings").await.unwrap(), Some(words.clone()));
        assert_eq!(stewarding.said("sensors").await.unwrap(), None);
        stewarding.commit().await.unwrap();
        assert_eq!(said(db).await.unwrap(), [("readings".to_owned(), words)]);
    }

    async fn changes_are_kept_for_ten_years_and_come_by_dataset(database: TestDatabase) {
        let db = &database.connect().await;
        db.execute_unprepared(
            "INSERT INTO stewardship_change (changed_at, dataset, steward, credential, what) VALUES \
             ('2016-11-01T00:00:00Z', 'readings', 'x', 'token', 'too old'), \
             ('2016-12-01T00:00:00Z', 'readings', 'x', 'token', 'old')",
        )
        .await
        .unwrap();
        let stewarding = begin(db).await;
        for (dataset, what) in [("readings", "title"), ("sensors", "owner")] {
            let change = NewChange { dataset, what, before: None, after: Some(&json!("a")) };
            stewarding.note(change).await.unwrap();
        }
        stewarding.commit().await.unwrap();
        let of = |slugs: &[&str]| slugs.iter().map(|&slug| slug.to_owned()).collect::<Vec<_>>();
        let page = changes(db, &of(&["readings", "sensors"]), 2, None).await.unwrap();
        let whats: Vec<&str> = page.rows.iter().map(|change| change.what.as_str()).collect();
        assert_eq!((whats, page.has_next), (vec!["owner", "title"], true));
        assert_eq!((&*page.rows[0].steward, &*page.rows[0].credential), ("Ada", "fb_abcdefgh"));
        assert_eq!((&page.rows[0].before, &page.rows[0].after), (&None, &Some(json!("a"))));
        let rest = changes(db, &of(&["readings"]), 5, Some(page.rows[1].id)).await.unwrap();
        let whats: Vec<&str> = rest.rows.iter().map(|change| change.what.as_str()).collect();
        assert_eq!((whats, rest.has_next), (vec!["old"], false));
        assert_eq!(changes(db, &[], 5, None).await.unwrap().rows, []);
    }

    async fn announcements_are_kept_until_90_days_after_they_were_over_and_changed(database: TestDatabase) {
        let db = &database.connect().await;
        let kept = [
            announcement(None, None, -400),
            announcement(Some(10), None, -400),
            announcement(Some(-80), None, -400),
            announcement(None, Some(-80), -80),
            // Of the past, and announced now.
            announcement(Some(-300), None, 0),
        ];
        let forgotten = [announcement(Some(-100), None, -100), announcement(Some(10), Some(-100), -100)];
        let stewarding = begin(db).await;
        for one in forgotten.iter().chain(&kept) {
            stewarding.announce(one).await.unwrap();
        }
        assert_eq!(stewarding.standing("readings").await.unwrap(), 2);
        assert_eq!(stewarding.standing("sensors").await.unwrap(), 0);
        stewarding.commit().await.unwrap();
        let shown = announcements::since(db, now() - announcements::KEPT_FOR, 100).await.unwrap();
        assert_eq!(shown.len(), kept.len());
        assert!(kept.iter().all(|one| shown.contains(one)), "{shown:#?}");
        assert_eq!(announcements::since(db, now() - announcements::KEPT_FOR, 2).await.unwrap().len(), 2);
        assert_eq!(announcements::one(db, forgotten[0].id).await.unwrap(), None);
        // Under the same id it is changed; who announced it and when stays.
        let changed = Announcement { title: "other".to_owned(), created_at: now(), ..kept[0].clone() };
        let stewarding = begin(db).await;
        stewarding.announce(&changed).await.unwrap();
        stewarding.commit().await.unwrap();
        let found = announcements::one(db, kept[0].id).await.unwrap().unwrap();
        assert_eq!((found.title.as_str(), found.created_at), ("other", kept[0].created_at));
    }

    async fn thresholds_are_one_row_for_everything_a_type_and_a_sensor(database: TestDatabase) {
        let db = &database.connect().await;
        let all = [RulesOf::Everything, RulesOf::Type("flow".to_owned()), RulesOf::Sensor(Uuid::from_u128(1))];
        let stewarding = begin(db).await;
        for factor in [2, 3] {
            for of in &all {
                stewarding.set_rules(of, Some(&json!({ "gap_factor": factor }))).await.unwrap();
            }
        }
        assert_eq!(stewarding.rules().await.unwrap().len(), 3);
        stewarding.set_rules(&all[1], None).await.unwrap();
        stewarding.commit().await.unwrap();
        let kept = rules(db).await.unwrap();
        assert_eq!(kept.len(), 2);
        for one in kept {
            assert_ne!(one.of, all[1]);
            assert_eq!(one.rules, json!({ "gap_factor": 3 }));
        }
    }
}
