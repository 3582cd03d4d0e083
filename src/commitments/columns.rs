//! The columns of versions in the order of the rows that they are read into: a version has two numbers before them.

use crate::db::columns::columns;
use crate::db::schema::{
    commitment_allocation_versions as av, commitment_observation_versions as ov, commitment_versions as cv,
};

columns! {
    /// A commitment: what is printed, then what was said of its doubt.
    COMMITMENT_VERSION: CommitmentColumns = (
        (
            cv::id,
            cv::plan_id,
            cv::programme_id,
            cv::initiative_id,
            cv::code,
            cv::position,
            cv::metric,
            cv::category,
            cv::unit,
            cv::base_unit,
            cv::base_factor,
            cv::operator,
            cv::target_min,
            cv::target_max,
            cv::baseline,
            cv::baseline_year,
            cv::due_on,
            cv::due_precision,
            cv::measure,
            cv::better,
            cv::maintained,
            cv::nature,
            cv::strength,
            cv::allocation,
            cv::owner_id,
            cv::owner_basis,
            cv::as_printed,
            cv::page,
            cv::definition,
            cv::doubt,
            cv::row_version,
        ),
        (
            cv::doubt_resolution,
            cv::doubt_resolved_on,
            cv::doubt_resolved_by_user_id,
            cv::doubt_resolved_by_organisation_id,
        ),
    )
}

columns! {
    /// An observation.
    OBSERVATION_VERSION: ObservationColumns = (
        ov::id,
        ov::plan_id,
        ov::commitment_id,
        ov::region_id,
        ov::organisation_id,
        ov::counted_from,
        ov::observed_on,
        ov::value,
        ov::source,
        ov::note,
        ov::state,
        ov::filed_on,
        ov::filed_at,
        ov::filed_by_user_id,
        ov::filed_by_organisation_id,
        ov::confirmed_on,
        ov::confirmed_at,
        ov::confirmed_by_user_id,
        ov::confirmed_by_organisation_id,
        ov::back_reason,
        ov::row_version,
        ov::created_at,
        ov::updated_at,
    )
}

columns! {
    /// A part of an allocation.
    ALLOCATION_VERSION: AllocationColumns = (
        av::id,
        av::plan_id,
        av::commitment_id,
        av::region_id,
        av::organisation_id,
        av::quantity,
        av::due_on,
        av::removed,
        av::row_version,
        av::created_at,
        av::updated_at,
    )
}
