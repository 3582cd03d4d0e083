//! Proofs as files: told by their content, kept once, served only to those who may see their project.

use std::collections::BTreeMap;

use guatu::kernel::Role;
use serde_json::json;

use crate::support::{HOSPITAL, LEAD, RESPONSIBLE, TestApp, confirm};

const PDF: &[u8] = b"%PDF-1.7\n1 0 obj << >> endobj";
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
const JPEG: &[u8] = b"\xff\xd8\xff\xe0\0\x10JFIF";

async fn milestone(app: &TestApp) -> String {
    let planner = app.planner().await;
    let confirmed = confirm(&planner, HOSPITAL, &BTreeMap::from([(1, "2024-02-01")])).await;
    confirmed.milestones[0]["id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_told_by_its_content_kept_once_and_comes_back_byte_for_byte() {
    let app = TestApp::start().await;
    let milestone = milestone(&app).await;
    let clerk = app.person(RESPONSIBLE, Role::Staff).await;
    let path = |name: &str| format!("/milestones/{milestone}/evidence-files?name={name}");
    let made = clerk
        .upload(&path("C:\\fake\\批复%0A.exe"), PDF)
        .await
        .expect(201);
    assert_eq!(
        (
            made["name"].as_str(),
            made["media_type"].as_str(),
            made["size"].as_i64()
        ),
        (
            Some("批复.exe"),
            Some("application/pdf"),
            i64::try_from(PDF.len()).ok()
        )
    );
    let again = clerk.upload(&path("again.pdf"), PDF).await.expect(200);
    assert_eq!(again["id"], made["id"], "the same content is the same file");
    clerk.upload(&path("photo.png"), PNG).await.expect(201);
    clerk.upload(&path("photo.jpg"), JPEG).await.expect(201);
    for (content, word) in [(XLSX, "spreadsheetml"), (DOCX, "wordprocessingml")] {
        let made = clerk.upload(&path("office"), content).await.expect(201);
        assert!(made["media_type"].as_str().unwrap().contains(word), "{made}");
    }
    for (content, code) in [
        (&b"<html><script>alert(1)</script>"[..], "evidence.type"),
        (b"#!/bin/sh\nrm", "evidence.type"),
        (b"GIF89a0000000", "evidence.type"),
        (b"PK\x03\x04plain zip", "evidence.type"),
        (b"", "evidence.empty"),
    ] {
        assert_eq!(clerk.upload(&path("x.pdf"), content).await.refused(422), code);
    }
    let mut large = PDF.to_vec();
    large.resize(20 * 1024 * 1024 + 1, b' ');
    assert_eq!(
        clerk.upload(&path("large.pdf"), &large).await.refused(413),
        "body.too_large"
    );
    large.pop();
    clerk.upload(&path("large.pdf"), &large).await.expect(201);
    assert_eq!(
        clerk
            .upload(&format!("/milestones/{milestone}/evidence-files"), PDF)
            .await
            .refused(400),
        "field.missing"
    );
    let listed = clerk
        .get(&format!("/milestones/{milestone}/evidence-files"))
        .await
        .expect(200);
    assert_eq!(listed["data"].as_array().unwrap().len(), 6);
    let id = made["id"].as_str().unwrap();
    let (status, headers, content) = clerk.download(&format!("/evidence-files/{id}/content")).await;
    assert_eq!((status, content.as_slice()), (200, PDF));
    assert_eq!(headers["content-type"], "application/pdf");
    assert!(headers["content-disposition"].starts_with("attachment; filename*=UTF-8''%E6%89%B9"));
    assert!(headers["content-security-policy"].contains("sandbox"));
    assert_eq!(headers["x-content-type-options"], "nosniff");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_for_those_who_see_its_project_and_comes_from_those_who_report_it() {
    let app = TestApp::start().await;
    let milestone = milestone(&app).await;
    let clerk = app.person(RESPONSIBLE, Role::Staff).await;
    let path = format!("/milestones/{milestone}/evidence-files?name=a.pdf");
    let made = clerk.upload(&path, PDF).await.expect(201);
    let content = format!("/evidence-files/{}/content", made["id"].as_str().unwrap());
    for (organisation, role, upload, download) in [
        (LEAD, Role::Reviewer, 403, 200),
        ("wuwei", Role::Supervisor, 403, 200),
        ("minqin", Role::Planner, 403, 200),
        ("gulang", Role::Planner, 404, 404),
        ("wuwei.education", Role::Staff, 404, 404),
    ] {
        let person = app.person(organisation, role).await;
        assert_eq!(person.upload(&path, PNG).await.status, upload, "{organisation}");
        assert_eq!(person.download(&content).await.0, download, "{organisation}");
    }
    assert_eq!(app.anonymous().download(&content).await.0, 401);
    // A report names only files of its own milestone; what was reported takes no more.
    let report = |reference: String| json!({ "actual_on": "2024-02-20", "evidence": [{ "kind": "批复", "reference": reference }] });
    for reference in [format!("/files/{}", uuid::Uuid::nil()), "/files/../x".to_owned()] {
        let refused = clerk
            .post_seen(&format!("/milestones/{milestone}/report"), 2, report(reference))
            .await;
        assert_eq!(refused.body["errors"][0]["pointer"], "/evidence/0/reference");
        assert_eq!(refused.refused(422), "field.not_found");
    }
    let own = report(format!("/files/{}", made["id"].as_str().unwrap()));
    clerk
        .post_seen(&format!("/milestones/{milestone}/report"), 2, own)
        .await
        .expect(200);
    assert_eq!(clerk.upload(&path, PNG).await.refused(409), "milestone.state");
}

#[tokio::test(flavor = "multi_thread")]
async fn contents_lie_in_the_database_or_in_a_folder_and_both_are_served() {
    let app = TestApp::start().await;
    let milestone = milestone(&app).await;
    let path = format!("/milestones/{milestone}/evidence-files?name=a");
    let (username, password) = app.account(RESPONSIBLE, Role::Staff).await;
    let clerk = app.sign_in(&username, &password).await;
    let before = clerk.upload(&path, PDF).await.expect(201);
    let dir = tempfile::tempdir().unwrap();
    let filing = app.filing(dir.path()).await;
    let clerk = filing.sign_in(&username, &password).await;
    let after = clerk.upload(&path, PNG).await.expect(201);
    let sha256 = after["sha256"].as_str().unwrap();
    let kept = dir.path().join(&sha256[..2]).join(sha256);
    assert_eq!(std::fs::read(&kept).unwrap(), PNG);
    assert_eq!(
        std::fs::read_dir(kept.parent().unwrap()).unwrap().count(),
        1,
        "nothing half written is left"
    );
    for (file, content) in [(&before, PDF), (&after, PNG)] {
        let path = format!("/evidence-files/{}/content", file["id"].as_str().unwrap());
        assert_eq!(clerk.download(&path).await.2, content);
    }
    // Lost from the folder, it is an error, not an empty file.
    std::fs::remove_file(&kept).unwrap();
    let path = format!("/evidence-files/{}/content", after["id"].as_str().unwrap());
    assert_eq!(clerk.download(&path).await.0, 500);
    assert!(guatu::projects::evidence::Keeper::directory(&dir.path().join("nowhere")).is_err());
}

/// Files as two common libraries write them.
const XLSX: &[u8] = include_bytes!("fixtures/proof.xlsx");
const DOCX: &[u8] = include_bytes!("fixtures/proof.docx");

#[tokio::test(flavor = "multi_thread")]
async fn a_clerk_uploads_on_the_page_and_the_report_carries_the_file() {
    let app = TestApp::start().await;
    let milestone = milestone(&app).await;
    let clerk = app.visitor(RESPONSIBLE, Role::Staff).await;
    let page = clerk.get(&format!("/milestones/{milestone}")).await.expect(200);
    assert!(page.has("type=\"file\"") && page.has("multipart/form-data"));
    let path = format!("/milestones/{milestone}/evidence");
    let token = page.hidden("_csrf").unwrap();
    assert_eq!(
        clerk.upload(&path, "", "a.pdf", PDF).await.status,
        403,
        "without its token"
    );
    assert_eq!(clerk.upload(&path, "0", "a.pdf", PDF).await.status, 403);
    let wrong = clerk
        .upload(&path, &token, "a.pdf", b"<script>")
        .await
        .expect(422);
    assert!(wrong.has("id=\"e-file\"") && wrong.has("只收 PDF"));
    assert!(
        clerk
            .upload(&path, &token, "", b"")
            .await
            .expect(422)
            .has("没有选择文件")
    );
    let mut large = PDF.to_vec();
    large.resize(21 * 1024 * 1024, b' ');
    let refused = clerk.upload(&path, &token, "large.pdf", &large).await.expect(413);
    assert!(refused.has("请求内容过大"), "{}", refused.text);
    let done = clerk.upload(&path, &token, "进度<b>.xlsx", XLSX).await;
    assert_eq!(
        done.leads_to(),
        format!("/milestones/{milestone}?done=uploaded#report")
    );
    let page = clerk.get(&format!("/milestones/{milestone}")).await.expect(200);
    assert!(page.has("已上传的文件") && !page.has("进度<b>"));
    let id = page
        .text
        .split("href=\"/files/")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    let version = page.hidden("version").unwrap();
    let kind = format!("fkind-{id}");
    let fields = [
        ("version", version.as_str()),
        ("actual_on", "2024-02-20"),
        ("file", &id),
        (&kind, "修缮方案批复文件"),
    ];
    clerk
        .send(&format!("/milestones/{milestone}/report"), &fields)
        .await
        .expect(303);
    let reviewer = app.visitor(LEAD, Role::Reviewer).await;
    let page = reviewer
        .get(&format!("/milestones/{milestone}"))
        .await
        .expect(200);
    assert!(page.has("修缮方案批复文件：<a href=\"/files/"), "{}", page.text);
    let file = reviewer.get(&format!("/files/{id}")).await.expect(200);
    assert_eq!(
        file.headers["content-type"],
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    );
    assert_eq!(file.size, XLSX.len());
    let foreign = app.visitor("gulang", Role::Planner).await;
    foreign.get(&format!("/files/{id}")).await.expect(404);
    assert_eq!(app.surfer().get(&format!("/files/{id}")).await.status, 303);
}
