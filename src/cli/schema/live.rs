//! `accord schema --live CONNECTION`: looks at what exists.

use crate::cli::doctor::named;
use crate::cli::failure::Failed;
use crate::cli::patience;
use crate::cli::progress::Bars;
use crate::cli::session::{Project, Session};
use crate::manifest::schema::Live;
use crate::reconcile::describe;

pub(super) async fn look(session: &Session, connection: &str) -> Result<Live, Failed> {
    let Project { config, .. } = session.load()?;
    let name = named(&config, connection)?;
    let Some(connection) = config.connections.get(&name) else {
        return Ok(Live::default());
    };
    let remotes = session.remotes();
    let bars = Bars::new(&session.ui);
    let work = describe(&config, connection, &remotes, &bars);
    patience::watch(session.patience, &remotes, work).await
}
