//! The second pair of eyes.

use guatu::kernel::Role;
use serde_json::json;

use super::{file, path_of, report, said, silent_since, under_way};
use crate::support::{LEAD, RESPONSIBLE, TestApp};

#[tokio::test(flavor = "multi_thread")]
async fn the_leads_reviewer_verifies_and_nobody_judges_what_he_or_his_own_reported() {
    let app = TestApp::start().await;
    under_way(&app).await;
    let clerk = app.person(RESPONSIBLE, Role::Reviewer).await;
    let filed = file(&clerk, report("2024-03", "10")).await.expect(201);
    let verify = format!("{}/verify", path_of(&filed));
    assert_eq!(clerk.post_seen(&verify, 1, json!({})).await.status, 403);
    for (organisation, role, status) in [
        (RESPONSIBLE, Role::Reviewer, 403),
        ("minqin.health", Role::Reviewer, 403),
        (LEAD, Role::Staff, 403),
        ("wuwei", Role::Planner, 403),
        ("wuwei", Role::Supervisor, 403),
        ("gulang.health", Role::Reviewer, 404),
    ] {
        let person = app.person(organisation, role).await;
        assert_eq!(
            person.post_seen(&verify, 1, json!({})).await.status,
            status,
            "{organisation}"
        );
    }
    let lead = app.person(LEAD, Role::Reviewer).await;
    assert_eq!(lead.post(&verify, json!({})).await.status, 428);
    assert_eq!(lead.post_seen(&verify, 9, json!({})).await.status, 412);
    let verified = lead
        .post_seen(&verify, 1, json!({ "note": "已现场核对" }))
        .await
        .expect(200);
    assert_eq!(
        (&verified["state"], &verified["verified_by"]["code"]),
        (&json!("verified"), &json!(LEAD))
    );
    assert_eq!(
        lead.post_seen(&verify, 2, json!({})).await.refused(409),
        "report.state"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_returned_report_is_owed_again_and_a_verified_one_goes_back_by_a_planner_only() {
    let app = TestApp::start().await;
    under_way(&app).await;
    let clerk = app.person(RESPONSIBLE, Role::Staff).await;
    let filed = file(&clerk, report("2024-03", "10")).await.expect(201);
    app.pass_days(35);
    let back = format!("{}/return", path_of(&filed));
    let bureau = app.person("minqin.health", Role::Reviewer).await;
    assert_eq!(silent_since(&bureau).await, json!(null));
    // The bureau above may send it back although it may not verify.
    let returned = bureau
        .post_seen(&back, 1, json!({ "reason": "完成投资与支付不符" }))
        .await
        .expect(200);
    assert_eq!(
        (&returned["state"], &returned["back_reason"]),
        (&json!("returned"), &json!("完成投资与支付不符"))
    );
    assert_eq!(silent_since(&bureau).await, json!("2024-03-29"));
    assert_eq!(
        bureau
            .post_seen(&back, 2, json!({ "reason": "再退" }))
            .await
            .refused(409),
        "report.state"
    );
    assert_eq!(
        bureau.post_seen(&back, 2, json!({})).await.refused(400),
        "field.missing"
    );
    let clerk = app.person(RESPONSIBLE, Role::Staff).await;
    clerk.patch(&path_of(&filed), 2, said("11")).await.expect(200);
    assert_eq!(silent_since(&clerk).await, json!(null));
    let lead = app.person(LEAD, Role::Reviewer).await;
    lead.post_seen(&format!("{}/verify", path_of(&filed)), 3, json!({}))
        .await
        .expect(200);
    assert_eq!(
        lead.post_seen(&back, 4, json!({ "reason": "不属实" }))
            .await
            .status,
        403
    );
    let planner = app.planner().await;
    let again = planner
        .post_seen(&back, 4, json!({ "reason": "不属实" }))
        .await
        .expect(200);
    assert_eq!(
        (&again["state"], &again["verified_on"]),
        (&json!("returned"), &json!(null))
    );
}
