// Calls every method of Kombo's own client for TypeScript against a served API, as a product would.
//
// Reads from standard input, as one JSON object: server_url, api_key, integration_id; counts (live rows of each list, and all with
// what is gone); has_everything, false for an account that may lack a list, or values to ask for; and whom to write of. Writes a line of JSON for each call: name, ok, error. What comes before a colon in a name
// is the method; "method: what" is one of several ways to call it.
import { readFileSync } from "node:fs";
import { Kombo } from "@kombo-api/sdk";
import { KomboAtsError, KomboGeneralError, KomboHrisError } from "@kombo-api/sdk/models/errors";

const given = JSON.parse(readFileSync(0, "utf8"));
const called = new Set();

/** A client that keeps which of its methods were called. */
function client(changes = {}) {
  const { server_url, api_key, integration_id } = given;
  const kombo = new Kombo({ server_url, api_key, integration_id, ...changes });
  const watched = {};
  for (const group of ["ats", "hris", "general", "connect", "assessment"]) {
    watched[group] = new Proxy(kombo[group], {
      get(target, method) {
        called.add(`${group}.${String(method)}`);
        return target[method].bind(target);
      },
    });
  }
  return watched;
}

const kombo = client();

function say(line) {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** Do one thing and say how it went; return what it gave, undefined if it failed. */
async function call(name, work) {
  try {
    const result = await work();
    say({ name, ok: true, error: null });
    return result;
  } catch (error) {
    const told = error.error ? `${error.error.code} ${error.message}` : String(error.message);
    const cause = error.cause ? ` (${String(error.cause).slice(0, 600)})` : "";
    say({ name, ok: false, error: `${error.name} ${told.slice(0, 1200)}${cause}` });
    return undefined;
  }
}

function check(is_so, otherwise) {
  if (!is_so) {
    throw new Error(otherwise);
  }
}

/** See that an endpoint refuses something by an error of this class, with this code. */
function refused(name, kind, code, work, { anywhere = false } = {}) {
  return call(name, async () => {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof kind)) {
        throw error;
      }
      check(error.error.code === code, `its code is ${error.error.code}, not ${code}: ${error.message}`);
      check(typeof error.error.message === "string" && error.error.message !== "", "it says nothing");
      check(anywhere || !error.message.includes("no such endpoint"), error.message);
      return;
    }
    throw new Error("it was not refused");
  });
}

/** Return all rows of a list, page by page, and how many pages there were. */
async function all(method, request) {
  const rows = [];
  let pages = 0;
  for await (const page of await method(request)) {
    rows.push(...page.result.data.results);
    pages += 1;
    check(pages < 10_000, "paging does not come to an end");
  }
  return { rows, pages };
}

const ids = (rows) => rows.map((row) => row.id);
const folded = (text) => text?.toLowerCase();
const day = (date) => date.toISOString().slice(0, 10);

// Each filter of each list: what it is asked for, made of a row; and whether another row is such.
const COMMON = {
  ids: { of: (row) => [row.id], is: (row, [id]) => row.id === id },
  remote_ids: { of: (row) => row.remote_id && !row.remote_id.includes(",") && [row.remote_id], is: (row, [id]) => row.remote_id === id },
  updated_after: { of: (row) => row.changed_at, is: () => true },
  include_deleted: { of: () => true, is: () => true },
  ignore_unsupported_filters: { of: () => true, is: () => true },
};
const one_of = (key) => ({ of: (row) => row[key] && [row[key]], is: (row, [value]) => row[key] === value });
const since = { of: (row) => row.remote_created_at, is: (row, at) => day(row.remote_created_at) >= day(at) };
const LISTS = {
  getJobs: {
    job_codes: one_of("job_code"),
    post_url: { of: (row) => row.post_url, is: (row, url) => row.post_url === url },
    statuses: one_of("status"),
    employment_types: one_of("employment_type"),
    visibilities: one_of("visibility"),
    remote_created_after: since,
    name_contains: {
      of: (row) => row.name?.slice(1, 5).toUpperCase(),
      is: (row, text) => folded(row.name).includes(folded(text)),
    },
  },
  getCandidates: {
    email: {
      of: (row) => row.email_addresses?.[0]?.email_address?.toUpperCase(),
      is: (row, mail) => row.email_addresses.some((each) => folded(each.email_address) === folded(mail)),
    },
    job_ids: {
      of: (row) => row.applications[0]?.job && [row.applications[0].job.id],
      is: (row, [id]) => row.applications.some((each) => each.job?.id === id),
    },
    first_name: { of: (row) => row.first_name?.toUpperCase(), is: (row, name) => folded(row.first_name) === folded(name) },
    last_name: { of: (row) => row.last_name?.toLowerCase(), is: (row, name) => folded(row.last_name) === folded(name) },
  },
  getApplications: {
    outcomes: one_of("outcome"),
    job_ids: one_of("job_id"),
    job_remote_ids: { of: (row) => row.job && [row.job.remote_id], is: (row, [id]) => row.job?.remote_id === id },
    current_stage_ids: one_of("current_stage_id"),
    remote_created_after: since,
  },
  getUsers: {
    emails: { of: (row) => row.email && [row.email.toUpperCase()], is: (row, [mail]) => folded(row.email) === folded(mail) },
  },
  getRoles: { scopes: one_of("scope") },
  getInterviews: {
    job_ids: {
      of: (row) => row.application?.job && [row.application.job.id],
      is: (row, [id]) => row.application?.job?.id === id,
    },
  },
  getOffers: {},
  getTags: {},
  getRejectionReasons: {},
  getApplicationStages: {},
};

/** Ask for a list in every way; return its rows. */
async function read(method, filters) {
  const name = `ats.${method}`;
  const list = (request) => all((each) => kombo.ats[method](each), request);
  const whole = await call(name, async () => {
    const { rows } = await list(undefined);
    const { live } = given.counts[method];
    check(rows.length === live, `${rows.length} rows, and not ${live}`);
    check(rows.length > 0 || !given.has_everything, "there is none to try anything with");
    return rows;
  });
  const rows = whole ?? [];
  await call(`${name}: page by page`, async () => {
    const size = Math.max(1, Math.ceil(given.counts[method].live / 4));
    const paged = await list({ page_size: size });
    check(paged.pages > 1 || given.counts[method].live < 2, `${paged.pages} page with page_size ${size}`);
    check(ids(paged.rows).join() === ids(rows).join(), "other rows, or another order, than at once");
    check(new Set(ids(paged.rows)).size === paged.rows.length, "a row comes twice");
  });
  await call(`${name}: with what is gone`, async () => {
    const { rows: also } = await list({ include_deleted: true, page_size: 250 });
    check(also.length === given.counts[method].all, `${also.length} rows, and not ${given.counts[method].all}`);
  });
  await call(`${name}: nothing is newer than now`, async () => {
    const { rows: none } = await list({ updated_after: new Date(Date.now() + 86_400_000) });
    check(none.length === 0, `${none.length} rows`);
  });
  await call(`${name}: ids that are nobody's`, async () => {
    const { rows: none } = await list({ ids: ["a".repeat(24), "ä/%,"], remote_ids: ["nobody's"] });
    check(none.length === 0, `${none.length} rows`);
  });
  for (const [filter, { of, is }] of Object.entries({ ...COMMON, ...filters })) {
    await call(`${name}: ${filter}`, async () => {
      const row = rows.find((each) => of(each));
      if (row === undefined) {
        check(!given.has_everything, "no row has a value to ask for");
        return;
      }
      const wanted = of(row);
      const { rows: found } = await list({ [filter]: wanted, page_size: 7 });
      check(ids(found).includes(row.id), "the row that has it is not found");
      check(found.every((each) => is(each, wanted)), "a row is found that is not such");
      const such = rows.filter((each) => is(each, wanted));
      if (filter !== "include_deleted" && filter !== "updated_after") {
        check(such.length === found.length, `${found.length} rows, and not ${such.length}`);
      }
    });
  }
  await call(`${name}: all filters at once`, async () => {
    const [row] = rows;
    if (row === undefined) {
      return; // told above
    }
    const wanted = Object.entries({ ...COMMON, ...filters }).map(([filter, { of }]) => [filter, of(row) || undefined]);
    const { rows: found } = await list({ ...Object.fromEntries(wanted), page_size: 1 });
    check(ids(found).join() === row.id, `found ${ids(found).join()}, and not ${row.id}`);
  });
  for (const [what, request] of Object.entries({
    "a page of none": { page_size: 0 },
    "a page too large": { page_size: 251 },
    "a cursor of nobody's": { cursor: "made-up" },
  })) {
    await refused(`${name}: ${what}`, KomboAtsError, "PLATFORM.INPUT_INVALID", () => list(request));
  }
  return rows;
}

async function reads() {
  const found = {};
  for (const [method, filters] of Object.entries(LISTS)) {
    found[method] = await read(method, filters);
  }
  await call("ats.getTags, by a remote id with a comma", async () => {
    const such = found.getTags.find((each) => each.remote_id.includes(",")) ?? (given.has_everything ? undefined : found.getTags[0]);
    const { rows } = await all((each) => kombo.ats.getTags(each), { remote_ids: [such.remote_id] });
    check(ids(rows).includes(such.id), `${such.remote_id} is not found`);
  });
  return found;
}

const ATTACHMENT = { name: "cv.txt", content_type: "text/plain", type: "CV", data: Buffer.from("A life").toString("base64") };
const LATER = { name: "letter.txt", content_type: "text/plain", type: "OTHER", data: Buffer.from("Dear you").toString("base64") };

function newcomer(number) {
  return {
    first_name: "Zoë",
    last_name: `Šustr ${number}`,
    email_address: `zoe.${number}@newcomers.example`,
    additional_email_addresses: [{ type: "WORK", email_address: `zoe.work.${number}@newcomers.example` }],
    company: "Acme",
    title: "Head of Integrations",
    phone_number: "+49 30 123456",
    additional_phone_numbers: [{ type: "PERSONAL", phone_number: "+49 30 654321" }],
    location: { country: "DE", city: "Berlin", state: "Berlin", street_1: "Lohmühlenstraße 65", zip_code: "12435" },
    gender: "FEMALE",
    availability_date: new Date("2027-01-01T00:00:00Z"),
    salary_expectations: { period: "YEAR", amount: 100_000.5 },
    social_links: [{ url: "https://www.linkedin.com/in/zoe" }],
  };
}

async function writes() {
  const { candidate_id, application_id, remote_candidate_id, stage_id, rejection_reason_id, job_id, user_id } = given;
  const more = {
    attachments: [ATTACHMENT],
    source: { name: "Referral" },
    sourced_by: { user_id },
    gdpr_consent: { expires_at: new Date("2029-01-01T00:00:00Z"), given: true },
    remote_fields: { lever: { candidate: { headline: "Found by a test" } }, greenhouse: {} },
  };
  const made = await call("ats.createCandidate", async () => {
    const answer = await kombo.ats.createCandidate({ candidate: newcomer(1), application: { job_id, stage_id }, ...more });
    check(answer.status === "success" && Array.isArray(answer.warnings), "it is no success with warnings");
    check(answer.data.first_name === "Zoë", `it is ${answer.data.first_name}`);
    return answer.data;
  });
  await call("ats.createCandidate: minimal", () =>
    kombo.ats.createCandidate({
      candidate: { first_name: "A", last_name: "B", email_address: "ab@newcomers.example" },
      application: { job_id },
    }),
  );
  await call("ats.createCandidate: it is read at once", async () => {
    const { rows } = await all((each) => kombo.ats.getCandidates(each), { ids: [made.id] });
    check(rows.length === 1 && rows[0].last_name === "Šustr 1", "it is not");
  });
  await call("ats.createApplication", async () => {
    const answer = await kombo.ats.createApplication({ job_id, body: { candidate: newcomer(2), stage_id, ...more } });
    check(answer.data.candidate !== null && answer.data.job !== null, "candidate or job is missing");
    const { rows } = await all((each) => kombo.ats.getApplications(each), { ids: [answer.data.id] });
    check(rows.length === 1, "it can't be read");
  });
  await refused("ats.createCandidate: a job of nobody's", KomboAtsError, "PLATFORM.INPUT_INVALID", () =>
    kombo.ats.createCandidate({ candidate: newcomer(3), application: { job_id: "a".repeat(24) } }),
  );

  const tag = { name: "Excellent Fit" };
  const tags = async () => {
    const { rows } = await all((each) => kombo.ats.getCandidates(each), { ids: [candidate_id] });
    return rows[0].tags.map((each) => each.name);
  };
  await call("ats.addCandidateTag", async () => {
    await kombo.ats.addCandidateTag({ candidate_id, body: { tag } });
    check((await tags()).includes(tag.name), "the tag is not read at once");
  });
  await call("ats.removeCandidateTag", async () => {
    await kombo.ats.removeCandidateTag({ candidate_id, body: { tag } });
    check(!(await tags()).includes(tag.name), "the tag is still read");
    await kombo.ats.removeCandidateTag({ candidate_id, body: { tag } }); // it is not there any more
  });
  await call("ats.addCandidateTag: an id of Lever's, whose colon is encoded", () =>
    kombo.ats.addCandidateTag({ candidate_id: `remote:${remote_candidate_id}`, body: { tag: { name: "By its remote id" } } }),
  );
  for (const odd of ["a".repeat(24), "a/b", "../jobs", "ä %?#", "remote:nobody"]) {
    await refused(`ats.addCandidateTag: the id ${odd}`, KomboAtsError, "PLATFORM.INPUT_INVALID", () =>
      kombo.ats.addCandidateTag({ candidate_id: odd, body: { tag } }), { anywhere: odd.includes("/") },
    );
  }

  const link = { label: "Result", url: "https://results.example/1", details: { custom_field_name_prefix: "Test: ", attributes: [{ key: "Score", value: "100%" }] } };
  await call("ats.addCandidateResultLink", () => kombo.ats.addCandidateResultLink({ candidate_id, body: link }));
  await call("ats.addApplicationResultLink", () => kombo.ats.addApplicationResultLink({ application_id, body: { ...link, url: "https://results.example/2" } }));
  await call("ats.addCandidateAttachment", () => kombo.ats.addCandidateAttachment({ candidate_id, body: { attachment: LATER } }));
  await call("ats.addApplicationAttachment", () =>
    kombo.ats.addApplicationAttachment({ application_id, body: { attachment: { ...LATER, name: "second.txt" } } }),
  );
  await call("ats.getCandidateAttachments", async () => {
    const { data } = await kombo.ats.getCandidateAttachments({ candidate_id });
    const mine = data.results.find((each) => each.file_name === LATER.name);
    check(mine !== undefined, "what was added is not listed");
    const file = await fetch(mine.data_url);
    check(file.status === 200 && (await file.text()) === "Dear you", `its link gives HTTP ${file.status}`);
  });
  await call("ats.getApplicationAttachments", async () => {
    const { data } = await kombo.ats.getApplicationAttachments({ application_id });
    check(data.results.some((each) => each.file_name === "second.txt"), "what was added is not listed");
  });
  await call("ats.addApplicationNote", () =>
    kombo.ats.addApplicationNote({
      application_id,
      body: { content: "A note", content_type: "PLAIN_TEXT", remote_fields: { lever: { perform_as: given.remote_user_id } } },
    }),
  );
  await call("ats.moveApplicationToStage", async () => {
    await kombo.ats.moveApplicationToStage({ application_id, body: { stage_id } });
    const { rows } = await all((each) => kombo.ats.getApplications(each), { ids: [application_id] });
    check(rows[0].current_stage_id === stage_id, "it is in another stage");
  });
  await call("ats.rejectApplication", async () => {
    await kombo.ats.rejectApplication({ application_id, body: { rejection_reason_id, note: "Not now" } });
    const { rows } = await all((each) => kombo.ats.getApplications(each), { ids: [application_id] });
    check(rows[0].outcome === "DECLINED", `its outcome is ${rows[0].outcome}`);
  });
  await refused("ats.rejectApplication: a reason of nobody's", KomboAtsError, "PLATFORM.INPUT_INVALID", () =>
    kombo.ats.rejectApplication({ application_id, body: { rejection_reason_id: "a".repeat(24) } }),
  );
  await refused("ats.importTrackedApplication", KomboAtsError, "INTEGRATION.ACTION_NOT_AVAILABLE", () =>
    kombo.ats.importTrackedApplication({ greenhouse: { id_type: "application_id", application_id: "1" }, tracked_at: new Date() }),
  );
}

async function general() {
  const integration_id = given.integration_id;
  await call("general.checkApiKey", async () => {
    const { data } = await kombo.general.checkApiKey();
    check(data.environment_id.length === 24, `it names ${data.environment_id}`);
  });
  await call("general.getIntegrationDetails", async () => {
    const { data } = await kombo.general.getIntegrationDetails({ integration_id });
    check(data.id === integration_id && data.tool.id === "lever", `it is ${data.id} of ${data.tool.id}`);
  });
  for (const category of ["ats", "hris", "assessment", "lms"]) {
    await call(`general.getTools: ${category}`, async () => {
      const { data } = await kombo.general.getTools({ category });
      check(category !== "ats" || data.tools.some((each) => each.id === "lever"), "lever is not among them");
      check(!["hris", "lms"].includes(category) || data.tools.length === 0, "there are some");
    });
  }
  const fields = await call("general.getIntegrationFields", async () => {
    const { rows, pages } = await all((each) => kombo.general.getIntegrationFields(each), { integration_id, page_size: 1 });
    check(rows.length > 0 && pages >= rows.length, `${rows.length} fields on ${pages} pages`);
    return rows;
  });
  await call("general.updateIntegrationField", () =>
    kombo.general.updateIntegrationField({ integration_id, integration_field_id: fields[0].id, body: { enable_passthrough: true } }),
  );
  const custom = await call("general.getCustomFields", async () => {
    const { rows } = await all((each) => kombo.general.getCustomFields(each), { integration_id, page_size: 1 });
    check(rows.length > 0, "there is none");
    return rows;
  });
  await call("general.updateCustomFieldMapping", () =>
    kombo.general.updateCustomFieldMapping({ integration_id, custom_field_id: custom[0].id, body: { integration_field_id: fields.find((each) => each.model === custom[0].model).id } }),
  );
  await refused("general.getIntegrationDetails: of nobody's", KomboGeneralError, "PLATFORM.INTEGRATION_NOT_FOUND", () =>
    kombo.general.getIntegrationDetails({ integration_id: "lever:nobody" }),
  );
  await call("general.sendPassthroughRequest", async () => {
    const { data } = await kombo.general.sendPassthroughRequest({
      tool: "lever",
      api: "v1",
      body: { method: "GET", path: "/stages", params: { limit: "1" }, headers: { "X-Of-Mine": "1" } },
    });
    check(data.status === 200 && data.data.data.length === 1, `Lever's answer is HTTP ${data.status}`);
  });
  await refused("general.sendPassthroughRequest: to another host", KomboGeneralError, "PLATFORM.INPUT_INVALID", () =>
    kombo.general.sendPassthroughRequest({ tool: "lever", api: "v1", body: { method: "GET", path: "//elsewhere.example/" } }),
  );
  await call("general.triggerSync", async () => {
    const { data } = await kombo.general.triggerSync({ type: "DELTA" });
    check(typeof data.sync_id === "string", "it names no sync");
  });
}

async function connecting() {
  const integration_id = given.integration_id;
  const user = { end_user_email: "ada@acme.example", end_user_organization_name: "Acme", end_user_origin_id: "42" };
  const link = (of) => check(of.startsWith("http") && of.includes("token="), `it is ${of}`);
  await call("connect.createConnectionLink", async () => {
    const asked = { ...user, integration_category: "ATS", integration_tool: "lever", language: "de", link_type: "MAGIC_LINK" };
    link((await kombo.connect.createConnectionLink(asked)).data.link);
  });
  await refused("connect.createConnectionLink: of the category that is sent by default", KomboGeneralError, "PLATFORM.INPUT_INVALID", () =>
    kombo.connect.createConnectionLink(user),
  );
  await call("connect.getIntegrationByToken", async () => {
    const { data } = await kombo.connect.getIntegrationByToken({ token: given.activation_token });
    check(data.id === integration_id && data.tool === "lever", `it is ${data.id}`);
  });
  await refused("connect.getIntegrationByToken: a second time", KomboGeneralError, "PLATFORM.INPUT_INVALID", () =>
    kombo.connect.getIntegrationByToken({ token: given.activation_token }),
  );
  await call("general.createReconnectionLink", async () =>
    link((await kombo.general.createReconnectionLink({ integration_id, body: { language: "fr" } })).data.link),
  );
  await call("general.createSetupLink", async () =>
    link((await kombo.general.createSetupLink({ integration_id, body: { link_type: "EMBEDDED" } })).data.link),
  );
}

async function assessment() {
  const asked = [{ id: "go", type: "SKILLS_TEST", name: "Go", description: "An hour of Go" }];
  await call("assessment.setPackages", () => kombo.assessment.setPackages({ packages: asked }));
  await call("assessment.getPackages", async () => {
    const { data } = await kombo.assessment.getPackages();
    check(ids(data.packages).join() === "go", `there are ${ids(data.packages).join()}`);
  });
  await call("assessment.getAssessmentOrders", () =>
    all((each) => kombo.assessment.getAssessmentOrders(each), {
      page_size: 10,
      ids: ["a".repeat(24)],
      statuses: ["OPEN", "COMPLETED", "CANCELLED", "REJECTED"],
      created_after: new Date(0),
    }),
  );
  await refused("assessment.updateOrderResult", KomboAtsError, "PLATFORM.INPUT_INVALID", () =>
    kombo.assessment.updateOrderResult({
      assessment_order_id: "a".repeat(24),
      body: { status: "COMPLETED", result_url: "https://results.example/3", completed_at: new Date(), score: 90, max_score: 100 },
    }),
  );
}

/** What is no model of Lever's is refused in the way of its own family, whichever method asks. */
async function hris() {
  const employee_id = "a";
  const requests = {
    createEmployeeWithForm: { properties: {} },
    addEmployeeDocument: { employee_id, body: { category_id: "a", document: { name: "a", data: "YQ==" } } },
    createAbsence: { employee_id, absence_type_id: "a", start_date: new Date(), end_date: new Date(), employee_note: null },
    deleteAbsence: { absence_id: "a", body: {} },
  };
  for (const method of methods(kombo_plain.hris)) {
    await refused(`hris.${method}`, KomboHrisError, "INTEGRATION.MODEL_NOT_AVAILABLE", () =>
      kombo.hris[method](requests[method]),
    );
  }
}

async function strangers() {
  const wrong = client({ api_key: "wrong" });
  const code = "PLATFORM.AUTHENTICATION_INVALID";
  await refused("strangers: a wrong key, ats", KomboAtsError, code, () => wrong.ats.getJobs());
  await refused("strangers: a wrong key, hris", KomboHrisError, code, () => wrong.hris.getEmployees());
  await refused("strangers: a wrong key, general", KomboGeneralError, code, () => wrong.general.checkApiKey());
  const elsewhere = client({ integration_id: "lever:aaaaaaaaaaaaaaaaaaaaaaaa" });
  await refused("strangers: an integration of nobody's", KomboAtsError, "PLATFORM.INTEGRATION_NOT_FOUND", () => elsewhere.ats.getJobs());
  const nowhere = client({ integration_id: undefined });
  await refused("strangers: no integration", KomboAtsError, "PLATFORM.INPUT_INVALID", () => nowhere.ats.getJobs());
  await call("strangers: a slash at the end of the address", () =>
    client({ server_url: `${given.server_url}/` }).general.checkApiKey(),
  );
}

/** Switch the integration off and on, and remove it: the last of all. */
async function ending() {
  const integration_id = given.integration_id;
  await call("general.setIntegrationEnabled", () => kombo.general.setIntegrationEnabled({ integration_id, body: { value: false } }));
  await refused("ats.getJobs: of what is switched off", KomboAtsError, "INTEGRATION.INACTIVE", () => kombo.ats.getJobs());
  await call("general.setIntegrationEnabled: on", () => kombo.general.setIntegrationEnabled({ integration_id, body: { value: true } }));
  await call("general.deleteIntegration", () => kombo.general.deleteIntegration({ integration_id, body: {} }));
  await refused("ats.getJobs: of what was deleted", KomboAtsError, "PLATFORM.INTEGRATION_NOT_FOUND", () => kombo.ats.getJobs());
}

function methods(group) {
  return Object.getOwnPropertyNames(Object.getPrototypeOf(group)).filter((each) => each !== "constructor");
}

const kombo_plain = new Kombo({ server_url: given.server_url, api_key: given.api_key });
await strangers();
await reads();
await writes();
await general();
await connecting();
await assessment();
await hris();
await ending();
for (const group of ["ats", "hris", "general", "connect", "assessment"]) {
  const left = methods(kombo_plain[group]).filter((each) => !called.has(`${group}.${each}`));
  await call(`every method: ${group}`, async () => check(left.length === 0, `${left.join(", ")} was not called`));
}
