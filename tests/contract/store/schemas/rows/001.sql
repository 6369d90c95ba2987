-- Something of everything, as migration 001 knew it: requests in every state, each with its job and its card.

INSERT INTO workspace (workspace_id, name, created_at) VALUES ('T1', 'Studio', 1800000000);
INSERT INTO account (id, workspace_id, backend, webhook_path_token, created_at)
    VALUES ('A1', 'T1', 'direct', 'path-token', 1800000000);
INSERT INTO conversation (id, workspace_id, channel_id, channel_type, thread_ts, created_at)
    VALUES ('c1', 'T1', 'C1', 'channel', '1.0', 1800000000);
INSERT INTO thread (workspace_id, channel_id, thread_ts, conversation_id) VALUES ('T1', 'C1', '1.0', 'c1');
INSERT INTO lane (id, workspace_id, ready_at, lease_until, epoch) VALUES ('c1', 'T1', 1800000000, 0, 3);
INSERT INTO inbox (id, workspace_id, conversation_id, kind, ts, payload, created_at)
    VALUES ('Ev1', 'T1', 'c1', 'message', 'ts-Ev1', '{"ts": "ts-Ev1"}', 1800000000);
INSERT INTO turn (id, workspace_id, conversation_id, inbox_id, origin, requester, message_ts, state, created_at,
    model_calls, tokens, attempts, not_before)
    VALUES ('t1', 'T1', 'c1', 'Ev1', 'message', 'U1', 'ts-Ev1', 'running', 1800000000, 1, 10, 0, 0);

INSERT INTO submission (id, key, workspace_id, account_id, conversation_id, turn_id, call_id, requester, kind,
    arguments, arguments_hash, title, state, created_at, sent_at, attempts, not_before, provider_ids, lease_until, epoch)
    VALUES ('s-intended', 'k-intended', 'T1', 'A1', 'c1', 't1', 'call-1', 'U1', 'translation', '{"video_url": "https://video.example/a.mp4", "languages": ["German"]}',
    'hash-intended', 'A translation', 'intended', 1800000000, NULL, 1, 0, '[]', 0, 1);
INSERT INTO job (id, workspace_id, account_id, submission_id, conversation_id, requester, number, handle, kind, label,
    state, created_at, provider_id, due_at, touched, polls, lease_until, epoch)
    VALUES ('j-intended', 'T1', 'A1', 's-intended', 'c1', 'U1', 1, 'J1', 'translation', 'German',
    'waiting', 1800000000, NULL, 0, false, 0, 0, 1);
INSERT INTO delivery (id, workspace_id, conversation_id, seq, kind, key, state, subject_id, body, version, sent_version,
    posted_version, ts, attempts, not_before, created_at, lease_until, epoch)
    VALUES ('d-intended', 'T1', 'c1', 1, 'card', 'card:s-intended', 'posted', 's-intended', '{}', 2, 2, 2,
    '2.1', 0, 0, 1800000000, 0, 1);

INSERT INTO submission (id, key, workspace_id, account_id, conversation_id, turn_id, call_id, requester, kind,
    arguments, arguments_hash, title, state, created_at, sent_at, attempts, not_before, provider_ids, lease_until, epoch)
    VALUES ('s-sending', 'k-sending', 'T1', 'A1', 'c1', 't1', 'call-2', 'U1', 'translation', '{"video_url": "https://video.example/a.mp4", "languages": ["German"]}',
    'hash-sending', 'A translation', 'sending', 1800000000, 1800000000, 1, 0, '[]', 0, 1);
INSERT INTO job (id, workspace_id, account_id, submission_id, conversation_id, requester, number, handle, kind, label,
    state, created_at, provider_id, due_at, touched, polls, lease_until, epoch)
    VALUES ('j-sending', 'T1', 'A1', 's-sending', 'c1', 'U1', 2, 'J2', 'translation', 'German',
    'waiting', 1800000000, NULL, 0, false, 0, 0, 1);
INSERT INTO delivery (id, workspace_id, conversation_id, seq, kind, key, state, subject_id, body, version, sent_version,
    posted_version, ts, attempts, not_before, created_at, lease_until, epoch)
    VALUES ('d-sending', 'T1', 'c1', 2, 'card', 'card:s-sending', 'posted', 's-sending', '{}', 2, 2, 2,
    '2.2', 0, 0, 1800000000, 0, 1);

INSERT INTO submission (id, key, workspace_id, account_id, conversation_id, turn_id, call_id, requester, kind,
    arguments, arguments_hash, title, state, created_at, sent_at, attempts, not_before, provider_ids, lease_until, epoch)
    VALUES ('s-sent', 'k-sent', 'T1', 'A1', 'c1', 't1', 'call-3', 'U1', 'translation', '{"video_url": "https://video.example/a.mp4", "languages": ["German"]}',
    'hash-sent', 'A translation', 'sent', 1800000000, 1800000000, 1, 0, '[]', 0, 1);
INSERT INTO job (id, workspace_id, account_id, submission_id, conversation_id, requester, number, handle, kind, label,
    state, created_at, provider_id, due_at, touched, polls, lease_until, epoch)
    VALUES ('j-sent', 'T1', 'A1', 's-sent', 'c1', 'U1', 3, 'J3', 'translation', 'German',
    'running', 1800000000, 'p3', 0, false, 0, 0, 1);
INSERT INTO delivery (id, workspace_id, conversation_id, seq, kind, key, state, subject_id, body, version, sent_version,
    posted_version, ts, attempts, not_before, created_at, lease_until, epoch)
    VALUES ('d-sent', 'T1', 'c1', 3, 'card', 'card:s-sent', 'posted', 's-sent', '{}', 2, 2, 2,
    '2.3', 0, 0, 1800000000, 0, 1);

INSERT INTO submission (id, key, workspace_id, account_id, conversation_id, turn_id, call_id, requester, kind,
    arguments, arguments_hash, title, state, created_at, sent_at, attempts, not_before, provider_ids, lease_until, epoch)
    VALUES ('s-refused', 'k-refused', 'T1', 'A1', 'c1', 't1', 'call-4', 'U1', 'translation', '{"video_url": "https://video.example/a.mp4", "languages": ["German"]}',
    'hash-refused', 'A translation', 'refused', 1800000000, 1800000000, 1, 0, '[]', 0, 1);
INSERT INTO job (id, workspace_id, account_id, submission_id, conversation_id, requester, number, handle, kind, label,
    state, created_at, provider_id, due_at, touched, polls, lease_until, epoch)
    VALUES ('j-refused', 'T1', 'A1', 's-refused', 'c1', 'U1', 4, 'J4', 'translation', 'German',
    'failed', 1800000000, NULL, 0, false, 0, 0, 1);
INSERT INTO delivery (id, workspace_id, conversation_id, seq, kind, key, state, subject_id, body, version, sent_version,
    posted_version, ts, attempts, not_before, created_at, lease_until, epoch)
    VALUES ('d-refused', 'T1', 'c1', 4, 'card', 'card:s-refused', 'posted', 's-refused', '{}', 2, 2, 2,
    '2.4', 0, 0, 1800000000, 0, 1);

INSERT INTO submission (id, key, workspace_id, account_id, conversation_id, turn_id, call_id, requester, kind,
    arguments, arguments_hash, title, state, created_at, sent_at, attempts, not_before, provider_ids, lease_until, epoch)
    VALUES ('s-unknown', 'k-unknown', 'T1', 'A1', 'c1', 't1', 'call-5', 'U1', 'translation', '{"video_url": "https://video.example/a.mp4", "languages": ["German"]}',
    'hash-unknown', 'A translation', 'unknown', 1800000000, 1800000000, 1, 0, '[]', 0, 1);
INSERT INTO job (id, workspace_id, account_id, submission_id, conversation_id, requester, number, handle, kind, label,
    state, created_at, provider_id, due_at, touched, polls, lease_until, epoch)
    VALUES ('j-unknown', 'T1', 'A1', 's-unknown', 'c1', 'U1', 5, 'J5', 'translation', 'German',
    'unknown', 1800000000, NULL, 0, false, 0, 0, 1);
INSERT INTO delivery (id, workspace_id, conversation_id, seq, kind, key, state, subject_id, body, version, sent_version,
    posted_version, ts, attempts, not_before, created_at, lease_until, epoch)
    VALUES ('d-unknown', 'T1', 'c1', 5, 'card', 'card:s-unknown', 'posted', 's-unknown', '{}', 2, 2, 2,
    '2.5', 0, 0, 1800000000, 0, 1);
