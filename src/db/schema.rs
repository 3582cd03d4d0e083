// Generated from the migrations by `cargo test schema` with UPDATE_SCHEMA=1; the same test compares it.

diesel::table! {
    carry_over_versions (id, from_number) {
        from_number -> Int8,
        to_number -> Int8,
        id -> Uuid,
        plan_id -> Uuid,
        into_plan_id -> Uuid,
        kind -> Text,
        project_id -> Nullable<Uuid>,
        commitment_id -> Nullable<Uuid>,
        into_project_id -> Nullable<Uuid>,
        into_commitment_id -> Nullable<Uuid>,
        reason -> Text,
        carried_on -> Date,
        carried_at -> Timestamptz,
        carried_by_user_id -> Uuid,
        carried_by_organisation_id -> Uuid,
        row_version -> Int8,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    carry_overs (id) {
        id -> Uuid,
        plan_id -> Uuid,
        into_plan_id -> Uuid,
        kind -> Text,
        project_id -> Nullable<Uuid>,
        commitment_id -> Nullable<Uuid>,
        into_project_id -> Nullable<Uuid>,
        into_commitment_id -> Nullable<Uuid>,
        reason -> Text,
        carried_on -> Date,
        carried_at -> Timestamptz,
        carried_by_user_id -> Uuid,
        carried_by_organisation_id -> Uuid,
        row_version -> Int8,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    change_request_owners (request_id, role, organisation_id) {
        request_id -> Uuid,
        role -> Text,
        organisation_id -> Uuid,
    }
}

diesel::table! {
    change_requests (id) {
        id -> Uuid,
        plan_id -> Uuid,
        project_id -> Nullable<Uuid>,
        milestone_id -> Nullable<Uuid>,
        kind -> Text,
        state -> Text,
        reason -> Text,
        evidence -> Jsonb,
        planned_on -> Nullable<Date>,
        weight -> Nullable<Numeric>,
        quantity -> Nullable<Numeric>,
        owner_role -> Nullable<Text>,
        organisation_id -> Nullable<Uuid>,
        old_planned_on -> Nullable<Date>,
        old_weight -> Nullable<Numeric>,
        old_quantity -> Nullable<Numeric>,
        old_organisation_id -> Nullable<Uuid>,
        first_baseline_on -> Nullable<Date>,
        requested_on -> Date,
        requested_at -> Timestamptz,
        requested_by_user_id -> Uuid,
        requested_by_organisation_id -> Uuid,
        decided_on -> Nullable<Date>,
        decided_at -> Nullable<Timestamptz>,
        decided_by_user_id -> Nullable<Uuid>,
        decided_by_organisation_id -> Nullable<Uuid>,
        decision_note -> Nullable<Text>,
        row_version -> Int8,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        initiative_id -> Nullable<Uuid>,
        site_region_id -> Nullable<Uuid>,
        title -> Nullable<Text>,
        folded_title -> Nullable<Text>,
        slug -> Nullable<Text>,
        evidence_wanted -> Nullable<Array<Text>>,
        before_milestone_id -> Nullable<Uuid>,
        proposal -> Nullable<Jsonb>,
        old_proposal -> Nullable<Jsonb>,
    }
}

diesel::table! {
    commitment_allocation_versions (id, from_number) {
        from_number -> Int8,
        to_number -> Int8,
        id -> Uuid,
        plan_id -> Uuid,
        commitment_id -> Uuid,
        region_id -> Nullable<Uuid>,
        organisation_id -> Nullable<Uuid>,
        quantity -> Numeric,
        due_on -> Date,
        removed -> Bool,
        row_version -> Int8,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    commitment_allocations (id) {
        id -> Uuid,
        plan_id -> Uuid,
        commitment_id -> Uuid,
        region_id -> Nullable<Uuid>,
        organisation_id -> Nullable<Uuid>,
        quantity -> Numeric,
        due_on -> Date,
        removed -> Bool,
        row_version -> Int8,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    commitment_observation_versions (id, from_number) {
        from_number -> Int8,
        to_number -> Int8,
        id -> Uuid,
        plan_id -> Uuid,
        commitment_id -> Uuid,
        region_id -> Nullable<Uuid>,
        organisation_id -> Nullable<Uuid>,
        counted_from -> Nullable<Date>,
        observed_on -> Date,
        value -> Numeric,
        source -> Text,
        note -> Nullable<Text>,
        state -> Text,
        filed_on -> Date,
        filed_at -> Timestamptz,
        filed_by_user_id -> Uuid,
        filed_by_organisation_id -> Uuid,
        confirmed_on -> Nullable<Date>,
        confirmed_at -> Nullable<Timestamptz>,
        confirmed_by_user_id -> Nullable<Uuid>,
        confirmed_by_organisation_id -> Nullable<Uuid>,
        back_reason -> Nullable<Text>,
        row_version -> Int8,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    commitment_observations (id) {
        id -> Uuid,
        plan_id -> Uuid,
        commitment_id -> Uuid,
        region_id -> Nullable<Uuid>,
        organisation_id -> Nullable<Uuid>,
        counted_from -> Nullable<Date>,
        observed_on -> Date,
        value -> Numeric,
        source -> Text,
        note -> Nullable<Text>,
        state -> Text,
        filed_on -> Date,
        filed_at -> Timestamptz,
        filed_by_user_id -> Uuid,
        filed_by_organisation_id -> Uuid,
        confirmed_on -> Nullable<Date>,
        confirmed_at -> Nullable<Timestamptz>,
        confirmed_by_user_id -> Nullable<Uuid>,
        confirmed_by_organisation_id -> Nullable<Uuid>,
        back_reason -> Nullable<Text>,
        row_version -> Int8,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    commitment_versions (id, from_number) {
        from_number -> Int8,
        to_number -> Int8,
        id -> Uuid,
        plan_id -> Uuid,
        programme_id -> Uuid,
        initiative_id -> Nullable<Uuid>,
        code -> Text,
        position -> Int4,
        metric -> Text,
        category -> Nullable<Text>,
        unit -> Text,
        base_unit -> Text,
        base_factor -> Numeric,
        operator -> Text,
        target_min -> Numeric,
        target_max -> Nullable<Numeric>,
        baseline -> Nullable<Numeric>,
        baseline_year -> Nullable<Int4>,
        due_on -> Date,
        due_precision -> Text,
        measure -> Text,
        better -> Text,
        maintained -> Bool,
        nature -> Nullable<Text>,
        strength -> Text,
        allocation -> Nullable<Text>,
        owner_id -> Nullable<Uuid>,
        owner_basis -> Nullable<Text>,
        as_printed -> Text,
        page -> Int4,
        definition -> Nullable<Text>,
        doubt -> Nullable<Text>,
        seed -> Jsonb,
        row_version -> Int8,
        doubt_resolution -> Nullable<Text>,
        doubt_resolved_on -> Nullable<Date>,
        doubt_resolved_by_user_id -> Nullable<Uuid>,
        doubt_resolved_by_organisation_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    commitments (id) {
        id -> Uuid,
        plan_id -> Uuid,
        programme_id -> Uuid,
        initiative_id -> Nullable<Uuid>,
        code -> Text,
        position -> Int4,
        metric -> Text,
        category -> Nullable<Text>,
        unit -> Text,
        base_unit -> Text,
        base_factor -> Numeric,
        operator -> Text,
        target_min -> Numeric,
        target_max -> Nullable<Numeric>,
        baseline -> Nullable<Numeric>,
        baseline_year -> Nullable<Int4>,
        due_on -> Date,
        due_precision -> Text,
        measure -> Text,
        better -> Text,
        maintained -> Bool,
        nature -> Nullable<Text>,
        strength -> Text,
        allocation -> Nullable<Text>,
        owner_id -> Nullable<Uuid>,
        owner_basis -> Nullable<Text>,
        as_printed -> Text,
        page -> Int4,
        definition -> Nullable<Text>,
        doubt -> Nullable<Text>,
        seed -> Jsonb,
        row_version -> Int8,
        doubt_resolution -> Nullable<Text>,
        doubt_resolved_on -> Nullable<Date>,
        doubt_resolved_by_user_id -> Nullable<Uuid>,
        doubt_resolved_by_organisation_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    event_bodies (event_id) {
        event_id -> Uuid,
        salt -> Nullable<Bytea>,
        body -> Nullable<Jsonb>,
        redacted_by_event_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    events (stream_id, number) {
        stream_id -> Uuid,
        number -> Int8,
        id -> Uuid,
        recorded_at -> Timestamptz,
        day -> Date,
        kind -> Text,
        schema_version -> Int4,
        subject_kind -> Text,
        subject_id -> Uuid,
        project_id -> Nullable<Uuid>,
        actor_user_id -> Nullable<Uuid>,
        actor_membership_id -> Nullable<Uuid>,
        door -> Text,
        trace_id -> Text,
        previous_hash -> Bytea,
        body_hash -> Bytea,
        hash -> Bytea,
    }
}

diesel::table! {
    evidence_contents (sha256) {
        sha256 -> Text,
        content -> Bytea,
    }
}

diesel::table! {
    evidence_files (id) {
        id -> Uuid,
        plan_id -> Uuid,
        project_id -> Uuid,
        milestone_id -> Uuid,
        name -> Text,
        media_type -> Text,
        size -> Int4,
        sha256 -> Text,
        uploaded_by_user_id -> Uuid,
        uploaded_by_organisation_id -> Uuid,
        uploaded_at -> Timestamptz,
    }
}

diesel::table! {
    idempotency_keys (user_id, key) {
        user_id -> Uuid,
        key -> Text,
        request_hash -> Bytea,
        status -> Int4,
        headers -> Jsonb,
        body -> Jsonb,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    initiatives (id) {
        id -> Uuid,
        plan_id -> Uuid,
        programme_id -> Uuid,
        code -> Text,
        number -> Int4,
        title -> Text,
        as_printed -> Text,
        continuing -> Bool,
        seed -> Jsonb,
        row_version -> Int8,
    }
}

diesel::table! {
    investment_plans (project_id, year, source) {
        project_id -> Uuid,
        plan_id -> Uuid,
        year -> Int4,
        source -> Text,
        amount -> Numeric,
    }
}

diesel::table! {
    light_override_versions (id, from_number) {
        from_number -> Int8,
        to_number -> Int8,
        id -> Uuid,
        plan_id -> Uuid,
        project_id -> Uuid,
        light -> Text,
        reason -> Text,
        from_on -> Date,
        until_on -> Date,
        made_at -> Timestamptz,
        made_by_user_id -> Uuid,
        made_by_organisation_id -> Uuid,
        ended_on -> Nullable<Date>,
        ended_reason -> Nullable<Text>,
        ended_by_user_id -> Nullable<Uuid>,
        ended_by_organisation_id -> Nullable<Uuid>,
        row_version -> Int8,
    }
}

diesel::table! {
    light_overrides (id) {
        id -> Uuid,
        plan_id -> Uuid,
        project_id -> Uuid,
        light -> Text,
        reason -> Text,
        from_on -> Date,
        until_on -> Date,
        made_at -> Timestamptz,
        made_by_user_id -> Uuid,
        made_by_organisation_id -> Uuid,
        ended_on -> Nullable<Date>,
        ended_reason -> Nullable<Text>,
        ended_by_user_id -> Nullable<Uuid>,
        ended_by_organisation_id -> Nullable<Uuid>,
        row_version -> Int8,
    }
}

diesel::table! {
    light_rule_sets (id) {
        id -> Uuid,
        plan_id -> Uuid,
        version -> Int4,
        rules -> Jsonb,
        reason -> Text,
        made_on -> Date,
        made_at -> Timestamptz,
        made_by_user_id -> Nullable<Uuid>,
        made_by_organisation_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    light_span_versions (id, from_number) {
        from_number -> Int8,
        to_number -> Int8,
        id -> Uuid,
        plan_id -> Uuid,
        project_id -> Uuid,
        from_on -> Date,
        until_on -> Nullable<Date>,
        light -> Text,
        reasons -> Jsonb,
        recovered_from -> Nullable<Text>,
        rule_version -> Int4,
    }
}

diesel::table! {
    light_spans (id) {
        id -> Uuid,
        plan_id -> Uuid,
        project_id -> Uuid,
        from_on -> Date,
        until_on -> Nullable<Date>,
        light -> Text,
        reasons -> Jsonb,
        recovered_from -> Nullable<Text>,
        rule_version -> Int4,
    }
}

diesel::table! {
    login_failures (account, network) {
        account -> Text,
        network -> Text,
        failures -> Int4,
        last_failed_at -> Timestamptz,
    }
}

diesel::table! {
    memberships (id) {
        id -> Uuid,
        user_id -> Uuid,
        organisation_id -> Uuid,
        role -> Text,
        plan_id -> Nullable<Uuid>,
        ended_at -> Nullable<Timestamptz>,
        ended_reason -> Nullable<Text>,
        row_version -> Int8,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    milestone_sight (milestone_id, scope_id) {
        scope_id -> Uuid,
        plan_id -> Uuid,
        milestone_id -> Uuid,
        project_id -> Uuid,
        overdue_from -> Date,
    }
}

diesel::table! {
    milestone_templates (kind, code) {
        kind -> Text,
        number -> Int4,
        code -> Text,
        name -> Text,
        weight -> Numeric,
        due_percent -> Int4,
        evidence -> Array<Text>,
        marks -> Nullable<Text>,
    }
}

diesel::table! {
    milestone_versions (id, from_number) {
        from_number -> Int8,
        to_number -> Int8,
        id -> Uuid,
        plan_id -> Uuid,
        project_id -> Uuid,
        code -> Text,
        number -> Int4,
        name -> Text,
        weight -> Numeric,
        weight_confirmed -> Bool,
        planned_on -> Date,
        date_basis -> Text,
        date_precision -> Text,
        first_baseline_on -> Nullable<Date>,
        evidence_wanted -> Array<Text>,
        state -> Text,
        actual_on -> Nullable<Date>,
        note -> Nullable<Text>,
        evidence -> Jsonb,
        reported_on -> Nullable<Date>,
        reported_at -> Nullable<Timestamptz>,
        reported_by_user_id -> Nullable<Uuid>,
        reported_by_organisation_id -> Nullable<Uuid>,
        verified_on -> Nullable<Date>,
        verified_at -> Nullable<Timestamptz>,
        verified_by_user_id -> Nullable<Uuid>,
        verified_by_organisation_id -> Nullable<Uuid>,
        back_reason -> Nullable<Text>,
        overdue_from -> Nullable<Date>,
        lapsed_from -> Nullable<Date>,
        seed -> Jsonb,
        row_version -> Int8,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        marks -> Nullable<Text>,
    }
}

diesel::table! {
    milestones (id) {
        id -> Uuid,
        plan_id -> Uuid,
        project_id -> Uuid,
        code -> Text,
        number -> Int4,
        name -> Text,
        weight -> Numeric,
        weight_confirmed -> Bool,
        planned_on -> Date,
        date_basis -> Text,
        date_precision -> Text,
        first_baseline_on -> Nullable<Date>,
        evidence_wanted -> Array<Text>,
        state -> Text,
        actual_on -> Nullable<Date>,
        note -> Nullable<Text>,
        evidence -> Jsonb,
        reported_on -> Nullable<Date>,
        reported_at -> Nullable<Timestamptz>,
        reported_by_user_id -> Nullable<Uuid>,
        reported_by_organisation_id -> Nullable<Uuid>,
        verified_on -> Nullable<Date>,
        verified_at -> Nullable<Timestamptz>,
        verified_by_user_id -> Nullable<Uuid>,
        verified_by_organisation_id -> Nullable<Uuid>,
        back_reason -> Nullable<Text>,
        overdue_from -> Nullable<Date>,
        lapsed_from -> Nullable<Date>,
        seed -> Jsonb,
        row_version -> Int8,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        marks -> Nullable<Text>,
    }
}

diesel::table! {
    organisation_closure (ancestor_id, descendant_id) {
        ancestor_id -> Uuid,
        descendant_id -> Uuid,
        depth -> Int4,
    }
}

diesel::table! {
    organisation_versions (id, from_number) {
        from_number -> Int8,
        to_number -> Int8,
        id -> Uuid,
        code -> Text,
        name -> Text,
        kind -> Text,
        parent_id -> Nullable<Uuid>,
        region_id -> Uuid,
        duties -> Text,
        valid_from -> Nullable<Date>,
        valid_to -> Nullable<Date>,
        archived_reason -> Nullable<Text>,
        row_version -> Int8,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    organisations (id) {
        id -> Uuid,
        code -> Text,
        name -> Text,
        kind -> Text,
        parent_id -> Nullable<Uuid>,
        region_id -> Uuid,
        duties -> Text,
        valid_from -> Nullable<Date>,
        valid_to -> Nullable<Date>,
        archived_reason -> Nullable<Text>,
        row_version -> Int8,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    plan_versions (id, from_number) {
        from_number -> Int8,
        to_number -> Int8,
        id -> Uuid,
        code -> Text,
        title -> Text,
        document_number -> Text,
        issuer_id -> Uuid,
        issued_on -> Date,
        starts_on -> Date,
        ends_on -> Date,
        time_zone -> Text,
        reporting_from -> Nullable<Date>,
        is_demonstration -> Bool,
        demonstration_today -> Nullable<Date>,
        source -> Text,
        seed -> Jsonb,
        row_version -> Int8,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    plans (id) {
        id -> Uuid,
        code -> Text,
        title -> Text,
        document_number -> Text,
        issuer_id -> Uuid,
        issued_on -> Date,
        starts_on -> Date,
        ends_on -> Date,
        time_zone -> Text,
        reporting_from -> Nullable<Date>,
        is_demonstration -> Bool,
        demonstration_today -> Nullable<Date>,
        source -> Text,
        seed -> Jsonb,
        row_version -> Int8,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    programmes (id) {
        id -> Uuid,
        plan_id -> Uuid,
        code -> Text,
        number -> Int4,
        title -> Text,
        service_area_id -> Nullable<Uuid>,
        section -> Text,
        page -> Int4,
        as_printed -> Text,
        seed -> Jsonb,
        row_version -> Int8,
    }
}

diesel::table! {
    progress_report_funds (report_id, given_in_version, source) {
        report_id -> Uuid,
        given_in_version -> Int8,
        source -> Text,
        required -> Nullable<Numeric>,
        received -> Nullable<Numeric>,
        paid -> Nullable<Numeric>,
        done -> Nullable<Numeric>,
    }
}

diesel::table! {
    progress_report_versions (id, from_number) {
        from_number -> Int8,
        to_number -> Int8,
        id -> Uuid,
        plan_id -> Uuid,
        project_id -> Uuid,
        region_id -> Nullable<Uuid>,
        frequency -> Text,
        period_start -> Date,
        period_end -> Date,
        due_on -> Date,
        state -> Text,
        physical_percent -> Numeric,
        required -> Nullable<Numeric>,
        received -> Nullable<Numeric>,
        paid -> Nullable<Numeric>,
        done -> Nullable<Numeric>,
        done_text -> Text,
        problems -> Nullable<Text>,
        next_steps -> Nullable<Text>,
        note -> Nullable<Text>,
        statistics_entered_on -> Nullable<Date>,
        funds_version -> Int8,
        first_reported_on -> Date,
        on_time -> Nullable<Bool>,
        reported_on -> Date,
        reported_at -> Timestamptz,
        reported_by_user_id -> Uuid,
        reported_by_organisation_id -> Uuid,
        verified_on -> Nullable<Date>,
        verified_at -> Nullable<Timestamptz>,
        verified_by_user_id -> Nullable<Uuid>,
        verified_by_organisation_id -> Nullable<Uuid>,
        back_reason -> Nullable<Text>,
        row_version -> Int8,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    progress_reports (id) {
        id -> Uuid,
        plan_id -> Uuid,
        project_id -> Uuid,
        region_id -> Nullable<Uuid>,
        frequency -> Text,
        period_start -> Date,
        period_end -> Date,
        due_on -> Date,
        state -> Text,
        physical_percent -> Numeric,
        required -> Nullable<Numeric>,
        received -> Nullable<Numeric>,
        paid -> Nullable<Numeric>,
        done -> Nullable<Numeric>,
        done_text -> Text,
        problems -> Nullable<Text>,
        next_steps -> Nullable<Text>,
        note -> Nullable<Text>,
        statistics_entered_on -> Nullable<Date>,
        funds_version -> Int8,
        first_reported_on -> Date,
        on_time -> Nullable<Bool>,
        reported_on -> Date,
        reported_at -> Timestamptz,
        reported_by_user_id -> Uuid,
        reported_by_organisation_id -> Uuid,
        verified_on -> Nullable<Date>,
        verified_at -> Nullable<Timestamptz>,
        verified_by_user_id -> Nullable<Uuid>,
        verified_by_organisation_id -> Nullable<Uuid>,
        back_reason -> Nullable<Text>,
        row_version -> Int8,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    project_commitment_versions (id, from_number) {
        from_number -> Int8,
        to_number -> Int8,
        plan_id -> Uuid,
        project_id -> Uuid,
        commitment_id -> Uuid,
        id -> Uuid,
        removed -> Bool,
    }
}

diesel::table! {
    project_commitments (project_id, commitment_id) {
        plan_id -> Uuid,
        project_id -> Uuid,
        commitment_id -> Uuid,
        id -> Uuid,
        removed -> Bool,
    }
}

diesel::table! {
    project_kinds (code) {
        code -> Text,
        name -> Text,
        position -> Int4,
        construction -> Bool,
        continuing -> Bool,
    }
}

diesel::table! {
    project_owner_versions (id, from_number) {
        from_number -> Int8,
        to_number -> Int8,
        id -> Uuid,
        plan_id -> Uuid,
        project_id -> Uuid,
        role -> Text,
        organisation_id -> Uuid,
        basis -> Text,
        removed -> Bool,
        row_version -> Int8,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        claim -> Nullable<Text>,
        claim_reason -> Nullable<Text>,
        claim_organisation_id -> Nullable<Uuid>,
        claimed_on -> Nullable<Date>,
        claimed_by_user_id -> Nullable<Uuid>,
        claimed_by_organisation_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    project_owners (id) {
        id -> Uuid,
        plan_id -> Uuid,
        project_id -> Uuid,
        role -> Text,
        organisation_id -> Uuid,
        basis -> Text,
        removed -> Bool,
        row_version -> Int8,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        claim -> Nullable<Text>,
        claim_reason -> Nullable<Text>,
        claim_organisation_id -> Nullable<Uuid>,
        claimed_on -> Nullable<Date>,
        claimed_by_user_id -> Nullable<Uuid>,
        claimed_by_organisation_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    project_part_versions (id, from_number) {
        from_number -> Int8,
        to_number -> Int8,
        id -> Uuid,
        plan_id -> Uuid,
        project_id -> Uuid,
        region_id -> Uuid,
        organisation_id -> Nullable<Uuid>,
        basis -> Nullable<Text>,
        quantity -> Nullable<Numeric>,
        investment_planned -> Nullable<Numeric>,
        from_on -> Date,
        owes_from -> Nullable<Date>,
        removed -> Bool,
        row_version -> Int8,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    project_parts (id) {
        id -> Uuid,
        plan_id -> Uuid,
        project_id -> Uuid,
        region_id -> Uuid,
        organisation_id -> Nullable<Uuid>,
        basis -> Nullable<Text>,
        quantity -> Nullable<Numeric>,
        investment_planned -> Nullable<Numeric>,
        from_on -> Date,
        owes_from -> Nullable<Date>,
        removed -> Bool,
        row_version -> Int8,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    project_sight (scope_id, project_id) {
        scope_id -> Uuid,
        plan_id -> Uuid,
        project_id -> Uuid,
    }
}

diesel::table! {
    project_versions (id, from_number) {
        from_number -> Int8,
        to_number -> Int8,
        id -> Uuid,
        plan_id -> Uuid,
        code -> Text,
        title -> Text,
        kind -> Text,
        programme_id -> Uuid,
        initiative_id -> Uuid,
        second_initiative_id -> Nullable<Uuid>,
        service_area_id -> Nullable<Uuid>,
        site_region_id -> Nullable<Uuid>,
        responsible_level -> Text,
        life_cycle -> Text,
        suspended_on -> Nullable<Date>,
        suspended_reason -> Nullable<Text>,
        suspension_review_on -> Nullable<Date>,
        quantity -> Nullable<Numeric>,
        quantity_delivered -> Nullable<Numeric>,
        unit -> Nullable<Text>,
        is_remainder -> Bool,
        open_ended -> Bool,
        components -> Array<Text>,
        description -> Text,
        as_printed -> Text,
        doubt -> Nullable<Text>,
        due_on -> Date,
        due_precision -> Text,
        due_basis -> Text,
        investment_planned -> Nullable<Numeric>,
        national_code -> Nullable<Text>,
        latitude -> Nullable<Numeric>,
        longitude -> Nullable<Numeric>,
        is_public -> Bool,
        overdue_from -> Nullable<Date>,
        lapsed_from -> Nullable<Date>,
        next_due_on -> Nullable<Date>,
        unverified_since -> Nullable<Date>,
        unconfirmed -> Bool,
        total_weight -> Numeric,
        earned_weight -> Numeric,
        verified_weight -> Numeric,
        folded_title -> Text,
        bigrams -> Array<Text>,
        seed -> Jsonb,
        archived_reason -> Nullable<Text>,
        row_version -> Int8,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        split_from_id -> Nullable<Uuid>,
        merged_into_id -> Nullable<Uuid>,
        silent_from -> Nullable<Date>,
        twice_silent_from -> Nullable<Date>,
        statistics_entered_on -> Nullable<Date>,
    }
}

diesel::table! {
    projects (id) {
        id -> Uuid,
        plan_id -> Uuid,
        code -> Text,
        title -> Text,
        kind -> Text,
        programme_id -> Uuid,
        initiative_id -> Uuid,
        second_initiative_id -> Nullable<Uuid>,
        service_area_id -> Nullable<Uuid>,
        site_region_id -> Nullable<Uuid>,
        responsible_level -> Text,
        life_cycle -> Text,
        suspended_on -> Nullable<Date>,
        suspended_reason -> Nullable<Text>,
        suspension_review_on -> Nullable<Date>,
        quantity -> Nullable<Numeric>,
        quantity_delivered -> Nullable<Numeric>,
        unit -> Nullable<Text>,
        is_remainder -> Bool,
        open_ended -> Bool,
        components -> Array<Text>,
        description -> Text,
        as_printed -> Text,
        doubt -> Nullable<Text>,
        due_on -> Date,
        due_precision -> Text,
        due_basis -> Text,
        investment_planned -> Nullable<Numeric>,
        national_code -> Nullable<Text>,
        latitude -> Nullable<Numeric>,
        longitude -> Nullable<Numeric>,
        is_public -> Bool,
        overdue_from -> Nullable<Date>,
        lapsed_from -> Nullable<Date>,
        next_due_on -> Nullable<Date>,
        unverified_since -> Nullable<Date>,
        unconfirmed -> Bool,
        total_weight -> Numeric,
        earned_weight -> Numeric,
        verified_weight -> Numeric,
        folded_title -> Text,
        bigrams -> Array<Text>,
        seed -> Jsonb,
        archived_reason -> Nullable<Text>,
        row_version -> Int8,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        split_from_id -> Nullable<Uuid>,
        merged_into_id -> Nullable<Uuid>,
        silent_from -> Nullable<Date>,
        twice_silent_from -> Nullable<Date>,
        statistics_entered_on -> Nullable<Date>,
    }
}

diesel::table! {
    refresh_tokens (token_hash) {
        token_hash -> Bytea,
        session_id -> Uuid,
        issued_at -> Timestamptz,
        expires_at -> Timestamptz,
        used_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    regions (id) {
        id -> Uuid,
        code -> Text,
        name -> Text,
        parent_id -> Nullable<Uuid>,
        valid_from -> Nullable<Date>,
        valid_to -> Nullable<Date>,
        position -> Int4,
    }
}

diesel::table! {
    report_freezes (id) {
        id -> Uuid,
        plan_id -> Uuid,
        month -> Date,
        edition -> Int4,
        frozen_at_number -> Int8,
        frozen_on -> Date,
        frozen_at -> Timestamptz,
        frozen_by_user_id -> Uuid,
        reopened_on -> Nullable<Date>,
        reopened_at -> Nullable<Timestamptz>,
        reopened_by_user_id -> Nullable<Uuid>,
        reopen_reason -> Nullable<Text>,
    }
}

diesel::table! {
    reporting_calendar_versions (id, from_number) {
        from_number -> Int8,
        to_number -> Int8,
        plan_id -> Uuid,
        stage -> Text,
        frequency -> Text,
        due_day -> Int4,
        due_month_offset -> Int4,
        grace_days -> Int4,
        id -> Uuid,
    }
}

diesel::table! {
    reporting_calendars (plan_id, stage) {
        plan_id -> Uuid,
        stage -> Text,
        frequency -> Text,
        due_day -> Int4,
        due_month_offset -> Int4,
        grace_days -> Int4,
        id -> Uuid,
    }
}

diesel::table! {
    reporting_spell_versions (id, from_number) {
        from_number -> Int8,
        to_number -> Int8,
        id -> Uuid,
        plan_id -> Uuid,
        project_id -> Uuid,
        stage -> Text,
        from_on -> Date,
        until_on -> Nullable<Date>,
        forgiven -> Bool,
    }
}

diesel::table! {
    reporting_spells (id) {
        id -> Uuid,
        plan_id -> Uuid,
        project_id -> Uuid,
        stage -> Text,
        from_on -> Date,
        until_on -> Nullable<Date>,
        forgiven -> Bool,
    }
}

diesel::table! {
    saved_filters (user_id, page, name) {
        user_id -> Uuid,
        page -> Text,
        name -> Text,
        query -> Text,
        saved_at -> Timestamptz,
    }
}

diesel::table! {
    service_areas (id) {
        id -> Uuid,
        plan_id -> Uuid,
        code -> Text,
        number -> Int4,
        name -> Text,
        class -> Text,
        aliases -> Array<Text>,
        seed -> Jsonb,
        row_version -> Int8,
    }
}

diesel::table! {
    sessions (id) {
        id -> Uuid,
        user_id -> Uuid,
        door -> Text,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
        revoked_at -> Nullable<Timestamptz>,
        revoked_reason -> Nullable<Text>,
    }
}

diesel::table! {
    stream_days (stream_id, day) {
        stream_id -> Uuid,
        day -> Date,
        last_number -> Int8,
    }
}

diesel::table! {
    streams (id) {
        id -> Uuid,
        kind -> Text,
        last_number -> Int8,
        head -> Bytea,
        last_recorded_at -> Timestamptz,
        last_day -> Date,
    }
}

diesel::table! {
    users (id) {
        id -> Uuid,
        username -> Text,
        display_name -> Text,
        phone -> Nullable<Text>,
        email -> Nullable<Text>,
        password_hash -> Text,
        must_change_password -> Bool,
        disabled_at -> Nullable<Timestamptz>,
        disabled_reason -> Nullable<Text>,
        row_version -> Int8,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    carry_over_versions,
    carry_overs,
    change_request_owners,
    change_requests,
    commitment_allocation_versions,
    commitment_allocations,
    commitment_observation_versions,
    commitment_observations,
    commitment_versions,
    commitments,
    event_bodies,
    events,
    evidence_contents,
    evidence_files,
    idempotency_keys,
    initiatives,
    investment_plans,
    light_override_versions,
    light_overrides,
    light_rule_sets,
    light_span_versions,
    light_spans,
    login_failures,
    memberships,
    milestone_sight,
    milestone_templates,
    milestone_versions,
    milestones,
    organisation_closure,
    organisation_versions,
    organisations,
    plan_versions,
    plans,
    programmes,
    progress_report_funds,
    progress_report_versions,
    progress_reports,
    project_commitment_versions,
    project_commitments,
    project_kinds,
    project_owner_versions,
    project_owners,
    project_part_versions,
    project_parts,
    project_sight,
    project_versions,
    projects,
    refresh_tokens,
    regions,
    report_freezes,
    reporting_calendar_versions,
    reporting_calendars,
    reporting_spell_versions,
    reporting_spells,
    saved_filters,
    service_areas,
    sessions,
    stream_days,
    streams,
    users,
);
