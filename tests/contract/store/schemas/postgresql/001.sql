-- The tables of migration 001 as first released. Never change this file: write a migration and add a new one.

CREATE TABLE account (
    id VARCHAR(400) NOT NULL,
    workspace_id VARCHAR(400) NOT NULL,
    backend VARCHAR(400) NOT NULL,
    webhook_path_token VARCHAR(400) NOT NULL,
    created_at DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (webhook_path_token)
);

CREATE INDEX account_workspace ON account (workspace_id);

CREATE TABLE conversation (
    id VARCHAR(400) NOT NULL,
    workspace_id VARCHAR(400) NOT NULL,
    channel_id VARCHAR(400) NOT NULL,
    channel_type VARCHAR(400) NOT NULL,
    thread_ts VARCHAR(400),
    created_at DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (id)
);

CREATE TABLE migration (
    name VARCHAR(400) NOT NULL,
    applied_at DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (name)
);

CREATE TABLE model_call (
    seq BIGSERIAL NOT NULL,
    workspace_id VARCHAR(400) NOT NULL,
    turn_id VARCHAR(400) NOT NULL,
    model TEXT NOT NULL,
    response_id VARCHAR(400) NOT NULL,
    request_id VARCHAR(400),
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    cached_tokens INTEGER NOT NULL,
    created_at DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (seq)
);

CREATE INDEX model_call_turn ON model_call (turn_id);

CREATE TABLE outcome (
    seq BIGSERIAL NOT NULL,
    workspace_id VARCHAR(400) NOT NULL,
    turn_id VARCHAR(400) NOT NULL,
    call_id VARCHAR(400) NOT NULL,
    name VARCHAR(400) NOT NULL,
    body JSON NOT NULL,
    created_at DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (seq),
    CONSTRAINT outcome_once UNIQUE (turn_id, call_id)
);

CREATE TABLE workspace (
    workspace_id VARCHAR(400) NOT NULL,
    name TEXT NOT NULL,
    created_at DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (workspace_id)
);

CREATE TABLE delivery (
    id VARCHAR(400) NOT NULL,
    workspace_id VARCHAR(400) NOT NULL,
    conversation_id VARCHAR(400) NOT NULL,
    seq INTEGER NOT NULL,
    kind VARCHAR(32) NOT NULL,
    key VARCHAR(400) NOT NULL,
    state VARCHAR(32) NOT NULL,
    subject_id VARCHAR(400),
    body JSON NOT NULL,
    version INTEGER NOT NULL,
    sent_version INTEGER NOT NULL,
    posted_version INTEGER NOT NULL,
    ts VARCHAR(400),
    attempts INTEGER NOT NULL,
    not_before DOUBLE PRECISION NOT NULL,
    error TEXT,
    created_at DOUBLE PRECISION NOT NULL,
    owner VARCHAR(400),
    lease_until DOUBLE PRECISION NOT NULL,
    epoch INTEGER NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT delivery_order UNIQUE (conversation_id, seq),
    FOREIGN KEY(conversation_id) REFERENCES conversation (id),
    UNIQUE (key)
);

CREATE INDEX delivery_due ON delivery (state, not_before);

CREATE INDEX delivery_owner ON delivery (owner);

CREATE TABLE inbox (
    seq BIGSERIAL NOT NULL,
    id VARCHAR(400) NOT NULL,
    dedup_key VARCHAR(400),
    workspace_id VARCHAR(400) NOT NULL,
    conversation_id VARCHAR(400) NOT NULL,
    kind VARCHAR(400) NOT NULL,
    ts VARCHAR(400),
    payload JSON NOT NULL,
    created_at DOUBLE PRECISION NOT NULL,
    done_at DOUBLE PRECISION,
    PRIMARY KEY (seq),
    UNIQUE (id),
    UNIQUE (dedup_key),
    FOREIGN KEY(conversation_id) REFERENCES conversation (id)
);

CREATE INDEX inbox_message ON inbox (conversation_id, ts);

CREATE INDEX inbox_next ON inbox (conversation_id, done_at, seq);

CREATE TABLE item (
    conversation_id VARCHAR(400) NOT NULL,
    seq INTEGER NOT NULL,
    workspace_id VARCHAR(400) NOT NULL,
    turn_id VARCHAR(400),
    source VARCHAR(32) NOT NULL,
    body JSON NOT NULL,
    created_at DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (conversation_id, seq),
    FOREIGN KEY(conversation_id) REFERENCES conversation (id)
);

CREATE TABLE lane (
    id VARCHAR(400) NOT NULL,
    workspace_id VARCHAR(400) NOT NULL,
    ready_at DOUBLE PRECISION,
    owner VARCHAR(400),
    lease_until DOUBLE PRECISION NOT NULL,
    epoch INTEGER NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(id) REFERENCES conversation (id)
);

CREATE INDEX lane_owner ON lane (owner);

CREATE INDEX lane_ready ON lane (ready_at, lease_until);

CREATE TABLE source (
    conversation_id VARCHAR(400) NOT NULL,
    handle VARCHAR(400) NOT NULL,
    workspace_id VARCHAR(400) NOT NULL,
    kind VARCHAR(400) NOT NULL,
    number INTEGER NOT NULL,
    value TEXT NOT NULL,
    value_hash VARCHAR(400) NOT NULL,
    PRIMARY KEY (conversation_id, handle),
    CONSTRAINT source_value UNIQUE (conversation_id, kind, value_hash),
    FOREIGN KEY(conversation_id) REFERENCES conversation (id)
);

CREATE TABLE submission (
    id VARCHAR(400) NOT NULL,
    key VARCHAR(400) NOT NULL,
    workspace_id VARCHAR(400) NOT NULL,
    account_id VARCHAR(400) NOT NULL,
    conversation_id VARCHAR(400) NOT NULL,
    turn_id VARCHAR(400) NOT NULL,
    call_id VARCHAR(400) NOT NULL,
    requester VARCHAR(400) NOT NULL,
    kind VARCHAR(32) NOT NULL,
    arguments JSON NOT NULL,
    arguments_hash VARCHAR(400) NOT NULL,
    title TEXT NOT NULL,
    state VARCHAR(32) NOT NULL,
    created_at DOUBLE PRECISION NOT NULL,
    sent_at DOUBLE PRECISION,
    attempts INTEGER NOT NULL,
    not_before DOUBLE PRECISION NOT NULL,
    provider_ids JSON NOT NULL,
    error_code VARCHAR(400),
    error TEXT,
    retry_of VARCHAR(400),
    owner VARCHAR(400),
    lease_until DOUBLE PRECISION NOT NULL,
    epoch INTEGER NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (key),
    FOREIGN KEY(conversation_id) REFERENCES conversation (id)
);

CREATE INDEX submission_account ON submission (account_id, state);

CREATE INDEX submission_due ON submission (state, not_before);

CREATE INDEX submission_owner ON submission (owner);

CREATE TABLE thread (
    workspace_id VARCHAR(400) NOT NULL,
    channel_id VARCHAR(400) NOT NULL,
    thread_ts VARCHAR(400) NOT NULL,
    conversation_id VARCHAR(400) NOT NULL,
    PRIMARY KEY (workspace_id, channel_id, thread_ts),
    FOREIGN KEY(conversation_id) REFERENCES conversation (id)
);

CREATE TABLE turn (
    id VARCHAR(400) NOT NULL,
    workspace_id VARCHAR(400) NOT NULL,
    conversation_id VARCHAR(400) NOT NULL,
    inbox_id VARCHAR(400) NOT NULL,
    origin VARCHAR(400) NOT NULL,
    requester VARCHAR(400) NOT NULL,
    message_ts VARCHAR(400),
    state VARCHAR(32) NOT NULL,
    created_at DOUBLE PRECISION NOT NULL,
    finished_at DOUBLE PRECISION,
    model_calls INTEGER NOT NULL,
    tokens BIGINT NOT NULL,
    attempts INTEGER NOT NULL,
    not_before DOUBLE PRECISION NOT NULL,
    reply_ts VARCHAR(400),
    error TEXT,
    PRIMARY KEY (id),
    FOREIGN KEY(conversation_id) REFERENCES conversation (id),
    UNIQUE (inbox_id)
);

CREATE INDEX turn_conversation ON turn (conversation_id);

CREATE TABLE webhook_cursor (
    account_id VARCHAR(400) NOT NULL,
    workspace_id VARCHAR(400) NOT NULL,
    created_at DOUBLE PRECISION NOT NULL,
    token TEXT,
    PRIMARY KEY (account_id),
    FOREIGN KEY(account_id) REFERENCES account (id)
);

CREATE TABLE webhook_event (
    seq BIGSERIAL NOT NULL,
    workspace_id VARCHAR(400) NOT NULL,
    account_id VARCHAR(400) NOT NULL,
    event_id VARCHAR(400) NOT NULL,
    type VARCHAR(400) NOT NULL,
    payload JSON NOT NULL,
    received_at DOUBLE PRECISION NOT NULL,
    handled_at DOUBLE PRECISION,
    PRIMARY KEY (seq),
    CONSTRAINT webhook_event_once UNIQUE (account_id, event_id),
    FOREIGN KEY(account_id) REFERENCES account (id)
);

CREATE INDEX webhook_event_open ON webhook_event (handled_at, seq);

CREATE TABLE job (
    id VARCHAR(400) NOT NULL,
    workspace_id VARCHAR(400) NOT NULL,
    account_id VARCHAR(400) NOT NULL,
    submission_id VARCHAR(400) NOT NULL,
    conversation_id VARCHAR(400) NOT NULL,
    requester VARCHAR(400) NOT NULL,
    number INTEGER NOT NULL,
    handle VARCHAR(400) NOT NULL,
    kind VARCHAR(32) NOT NULL,
    label TEXT NOT NULL,
    state VARCHAR(32) NOT NULL,
    created_at DOUBLE PRECISION NOT NULL,
    provider_id VARCHAR(400),
    status_word TEXT,
    due_at DOUBLE PRECISION NOT NULL,
    touched BOOLEAN NOT NULL,
    polls INTEGER NOT NULL,
    finished_at DOUBLE PRECISION,
    failure TEXT,
    duration DOUBLE PRECISION,
    link_id VARCHAR(400),
    owner VARCHAR(400),
    lease_until DOUBLE PRECISION NOT NULL,
    epoch INTEGER NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT job_provider UNIQUE (account_id, kind, provider_id),
    CONSTRAINT job_number UNIQUE (conversation_id, number),
    FOREIGN KEY(submission_id) REFERENCES submission (id),
    FOREIGN KEY(conversation_id) REFERENCES conversation (id)
);

CREATE INDEX job_due ON job (state, due_at);

CREATE INDEX job_owner ON job (owner);

CREATE INDEX job_recent ON job (workspace_id, created_at);

CREATE INDEX job_submission ON job (submission_id);

CREATE TABLE link (
    id VARCHAR(400) NOT NULL,
    workspace_id VARCHAR(400) NOT NULL,
    account_id VARCHAR(400) NOT NULL,
    job_id VARCHAR(400) NOT NULL,
    created_at DOUBLE PRECISION NOT NULL,
    expires_at DOUBLE PRECISION NOT NULL,
    revoked_at DOUBLE PRECISION,
    PRIMARY KEY (id),
    FOREIGN KEY(job_id) REFERENCES job (id)
);

CREATE INDEX link_job ON link (job_id);

INSERT INTO migration (name, applied_at) VALUES ('001-tables', 1800000000.0);
