//! `fieldbook retention`: how long what is kept.

use anyhow::Context as _;
use archive::Prefix;
use archive::lifecycle::{Class, Rule};
use entity::retention::{self, Kept, Retention};

use super::{answer, table};
use crate::cli::{ClassArg, Days, RetentionAction, RetentionArgs, RetentionRawArgs, RetentionSetArgs};
use crate::wiring;

pub(crate) async fn run(args: RetentionArgs) -> anyhow::Result<()> {
    match args.action {
        RetentionAction::Show { database } => {
            let db = wiring::database_of(&database, "fieldbook-retention").await?;
            show(&retention::policies(&db).await.context("read the policies")?)
        }
        RetentionAction::Set(args) => set(args).await,
        RetentionAction::Raw(args) => raw(&args).await,
    }
}

async fn set(args: RetentionSetArgs) -> anyhow::Result<()> {
    anyhow::ensure!(!args.by.trim().is_empty(), "--by needs a name");
    let db = wiring::database_of(&args.database, "fieldbook-retention").await?;
    let said = [
        (Kept::Readings, args.readings),
        (Kept::Minutes, args.minutes),
        (Kept::Hours, args.hours),
        (Kept::Days, args.days),
    ];
    let changes: Vec<(Kept, Option<u16>)> = said
        .into_iter()
        .filter_map(|(kept, days)| days.map(|Days(days)| (kept, days)))
        .collect();
    show(&retention::keep(&db, &changes, &args.by).await?)
}

fn show(policies: &[Retention]) -> anyhow::Result<()> {
    let rows: Vec<[String; 5]> = policies
        .iter()
        .map(|policy| {
            let date = |time: chrono::DateTime<chrono::Utc>| time.format("%Y-%m-%d").to_string();
            [
                policy.kept.to_string(),
                policy
                    .keep_days
                    .map_or_else(|| "forever".to_owned(), |days| format!("{days} days")),
                policy.gone_before.map_or_else(String::new, date),
                policy.changed_by.clone(),
                date(policy.changed_at),
            ]
        })
        .collect();
    table::answer(["WHAT", "KEPT", "GONE BEFORE", "SAID BY", "ON"], &rows)
}

async fn raw(args: &RetentionRawArgs) -> anyhow::Result<()> {
    let rule = Rule {
        prefix: Prefix::new(&args.store.s3_prefix)
            .context("read FIELDBOOK_S3_PREFIX")?
            .join(&"raw/"),
        after_days: args.after,
        class: match args.class {
            ClassArg::GlacierIr => Class::GlacierInstantRetrieval,
            ClassArg::StandardIa => Class::StandardInfrequentAccess,
            ClassArg::IntelligentTiering => Class::IntelligentTiering,
        },
    };
    if !args.apply {
        return answer::line(rule.to_json());
    }
    let store = archive::Store::new(wiring::store_config(&args.store)?).context("set up the object store")?;
    let kept = store.apply_lifecycle(&rule).await.context(
        "give the bucket the rule: a store that knows no lifecycle rules keeps all of it as it is; the key needs \
         s3:GetLifecycleConfiguration and s3:PutLifecycleConfiguration",
    )?;
    answer::line(format_args!(
        "raw messages move to {} after {} days; {kept} other rules of the bucket stay",
        rule.class.name(),
        rule.after_days
    ))
}
