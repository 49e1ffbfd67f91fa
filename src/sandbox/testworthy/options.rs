//! Switches between the ways in which real servers are known or suspected to differ.

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::v1::V1Options;

/// How the emulator behaves where the public record is silent or servers differ. The default is what
/// the published sample and the vendor's client show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct TestWorthyOptions {
    /// Lists are bare arrays instead of `{"cases": [...]}`. [`Self::paging`] wins over it.
    pub bare_arrays: bool,
    /// The largest page; `TestRail`'s is 250.
    pub largest_page: usize,
    /// Lists come in pages with `offset`, `limit`, `size` and `_links`.
    pub paging: bool,
    /// The reads that no public source shows (`get_case`, `get_suites`, `get_sections`, results,
    /// lookups) answer 404.
    pub without_inferred_reads: bool,
    /// A caller who is not known gets the sign-in page under 200 instead of 401.
    pub sign_in_page: bool,
    /// What is not set is null: flags that are not set, and the user.
    pub nulls: bool,
    /// Objects carry members that nobody documented.
    pub extra_fields: bool,
    /// Changing `refs` of an existing case is refused with 400.
    pub refuse_refs: bool,
    /// `add_case/{id}` takes a section id in its path instead of a suite id.
    pub add_case_takes_section: bool,
    /// The server's local zone, for timestamps: an IANA name or a POSIX `TZ` text.
    pub time_zone: String,
    /// The second surface.
    pub v1: V1Options,
}

impl Default for TestWorthyOptions {
    fn default() -> Self {
        Self {
            bare_arrays: false,
            largest_page: 250,
            paging: false,
            without_inferred_reads: false,
            sign_in_page: false,
            nulls: false,
            extra_fields: false,
            refuse_refs: false,
            add_case_takes_section: false,
            time_zone: "America/Chicago".to_owned(),
            v1: V1Options::default(),
        }
    }
}

/// Central Time as a rule, for machines without a time zone database.
const CENTRAL_TIME: &str = "CST6CDT,M3.2.0,M11.1.0";

impl TestWorthyOptions {
    /// The zone that [`Self::time_zone`] names.
    pub fn zone(&self) -> Result<TimeZone, jiff::Error> {
        TimeZone::get(&self.time_zone).or_else(|error| {
            if self.time_zone == "America/Chicago" {
                return TimeZone::posix(CENTRAL_TIME);
            }
            TimeZone::posix(&self.time_zone).map_err(|_| error)
        })
    }
}
