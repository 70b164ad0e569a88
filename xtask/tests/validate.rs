//! A broken description never panics and never passes: each case edits a copy of the project's
//! description, and `validate` must name the file, the place and the reason.

#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::Command;

/// A copy of what `validate` reads, in a folder of its own.
struct Copy(PathBuf);

impl Copy {
    fn new(name: &str) -> Self {
        let project = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = std::fs::remove_dir_all(&folder);
        for part in ["openapi", "xtask/snapshots"] {
            copy(&project.join(part), &folder.join(part));
        }
        Self(folder)
    }

    fn edit(&self, file: &str, from: &str, to: &str) {
        let path = self.0.join(file);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{file} has no {from:?}");
        std::fs::write(path, text.replacen(from, to, 1)).unwrap();
    }

    /// Exit code, and everything that was printed.
    fn validate(&self) -> (Option<i32>, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
            .args(["--root".as_ref(), self.0.as_os_str(), "validate".as_ref()])
            .env("INSTA_UPDATE", "no")
            .env("INSTA_WORKSPACE_ROOT", &self.0)
            .output()
            .unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8(text).unwrap())
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// One edit, and what `validate` must say about it.
struct Case {
    name: &'static str,
    file: &'static str,
    from: &'static str,
    to: &'static str,
    says: &'static [&'static str],
}

const DCS: &str = "openapi/dcs.yaml";
const LEDGER: &str = "openapi/discrepancies.yaml";

const CASES: [Case; 43] = [
    Case {
        name: "null-that-nothing-allows",
        file: DCS,
        from: "      x-huaweicloud-nulls:\n        - details\n",
        to: "      x-huaweicloud-nulls:\n        - job_id\n",
        says: &[
            "ListCenterTasksResp/x-huaweicloud-nulls: \"job_id\" is no property that may be null",
        ],
    },
    Case {
        name: "yaml-does-not-parse",
        file: DCS,
        from: "paths:",
        to: "paths: [",
        says: &["openapi/dcs.yaml: line ", "this is not valid YAML"],
    },
    Case {
        name: "yaml-key-twice",
        file: DCS,
        from: "      summary: List the tasks of the task center",
        to: "      summary: a\n      summary: b",
        says: &["openapi/dcs.yaml: line ", "not valid YAML"],
    },
    Case {
        name: "wrong-ref",
        file: DCS,
        from: "$ref: '#/components/schemas/DetailsBody'",
        to: "$ref: '#/components/schemas/DetailBody'",
        says: &[
            "openapi/dcs.yaml#/components/schemas/SingleBackgroundTask/properties/details/$ref",
            "\"#/components/schemas/DetailBody\" leads to nothing",
        ],
    },
    Case {
        name: "circular-ref",
        file: DCS,
        from: "    BadRequest:\n",
        to: "    BadRequest:\n      $ref: '#/components/responses/BadRequest'\n    Unused:\n",
        says: &[
            "does not lead to an end",
            "/components/responses/BadRequest/$ref",
        ],
    },
    Case {
        name: "type-changed",
        file: DCS,
        from: "        old_port:\n          type: integer\n          format: int64",
        to: "        old_port:\n          type: string",
        says: &[
            "openapi/samples/dcs/ListBackgroundTask.json#/tasks/0/details/old_port",
            "6379 is not of type \"string\"",
        ],
    },
    Case {
        name: "field-deleted",
        file: DCS,
        from: "        job_id:\n          type: string\n          description: ID of the job that carries the task out. It differs from the ID of the task.\n",
        to: "",
        says: &[
            "openapi/samples/dcs/ListCenterTask.json#/tasks/0",
            "'job_id' was unexpected",
        ],
    },
    Case {
        name: "optional-field-deleted",
        file: DCS,
        from: "        enable_ssl:\n          type: boolean\n          description: Whether SSL is on (true) or off (false). Has a value only when SSL is being turned on.\n",
        to: "",
        says: &[
            "-    enable_ssl: boolean",
            "-    enable_ssl: Option<bool>",
            "cargo xtask validate --accept",
        ],
    },
    Case {
        name: "field-added",
        file: DCS,
        from: "        enable_ssl:\n",
        to: "        shard_count:\n          type: integer\n          description: Number of shards.\n        enable_ssl:\n",
        says: &[
            "+    shard_count: integer",
            "+    shard_count: Option<i64>",
            "cargo xtask validate --accept",
        ],
    },
    Case {
        name: "status-dropped",
        file: DCS,
        from: "        '404':\n          $ref: '#/components/responses/NotFound'\n",
        to: "",
        says: &[
            "-  404 application/json ErrorResponse",
            "cargo xtask validate --accept",
        ],
    },
    Case {
        name: "sample-edited",
        file: "openapi/samples/dcs/ListBackgroundTask.json",
        from: "\"SUCCESS\"",
        to: "\"FAILED\"",
        says: &[
            "-  /tasks/0/status = \"SUCCESS\"",
            "+  /tasks/0/status = \"FAILED\"",
        ],
    },
    Case {
        name: "sample-of-another-type",
        file: "openapi/samples/dcs/ListBackgroundTask.json",
        from: "\"SUCCESS\"",
        to: "7",
        says: &[
            "openapi/samples/dcs/ListBackgroundTask.json#/tasks/0/status",
            "7 is not of type \"string\"",
        ],
    },
    Case {
        name: "sample-is-not-json",
        file: "openapi/samples/rocketmq/ListBackgroundTasks.json",
        from: "\"task_count\"",
        to: "task_count",
        says: &[
            "openapi/samples/rocketmq/ListBackgroundTasks.json: this is not JSON",
            "line 2",
        ],
    },
    Case {
        name: "sample-missing",
        file: DCS,
        from: "externalValue: samples/dcs/ListCenterTask.json",
        to: "externalValue: samples/dcs/Missing.json",
        says: &[
            "/examples/documented",
            "openapi/samples/dcs/Missing.json: the file cannot be read",
        ],
    },
    Case {
        name: "example-missing",
        file: DCS,
        from: "              examples:\n                documented:\n                  summary: The documented sample, a finished resize\n                  externalValue: samples/dcs/ListBackgroundTask.json\n",
        to: "",
        says: &[
            "/responses/200/content/application~1json",
            "a documented success needs an example",
        ],
    },
    Case {
        name: "request-line",
        file: "openapi/samples/dcs/ListBackgroundTask.http",
        from: "limit=10",
        to: "limit=5000",
        says: &[
            "openapi/samples/dcs/ListBackgroundTask.http: line 1: limit: 5000 is greater than the maximum of 1000",
        ],
    },
    Case {
        name: "request-line-parameter",
        file: "openapi/samples/dcs/ListBackgroundTask.http",
        from: "offset=0",
        to: "skip=0",
        says: &["skip is not a parameter of ListBackgroundTask"],
    },
    Case {
        name: "operation-id-twice",
        file: DCS,
        from: "operationId: ListCenterTask",
        to: "operationId: ListBackgroundTask",
        says: &["/operationId: ListBackgroundTask is the id of another operation"],
    },
    Case {
        name: "responses-missing",
        file: "openapi/rocketmq.yaml",
        from: "      responses:\n        '200'",
        to: "      answers:\n        '200'",
        says: &[
            "openapi/rocketmq.yaml#/paths/",
            "the operation documents no success",
        ],
    },
    Case {
        name: "path-parameter-undeclared",
        file: DCS,
        from: "        - $ref: '#/components/parameters/TaskId'\n",
        to: "",
        says: &["{task_id} is in the path", "not declared as a parameter"],
    },
    Case {
        name: "description-missing",
        file: DCS,
        from: "        user_id:\n          type: string\n          description: ID of the user who started the task.\n",
        to: "        user_id:\n          type: string\n",
        says: &[
            "/components/schemas/SingleBackgroundTask/properties/user_id: the property has no description",
        ],
    },
    Case {
        name: "enum-value-undescribed",
        file: DCS,
        from: "        - WAITING\n",
        to: "        - WAITING\n        - PAUSED\n",
        says: &["/components/schemas/StepStatus/x-enumDescriptions: PAUSED has no description"],
    },
    Case {
        name: "closed-enum",
        file: DCS,
        from: "      x-extensible-enum:\n        - FINISH",
        to: "      enum:\n        - FINISH",
        says: &["/components/schemas/StepStatus/enum", "x-extensible-enum"],
    },
    Case {
        name: "misspelt-keyword",
        file: DCS,
        from: "        maximum: 1000",
        to: "        maxmum: 1000",
        says: &["/components/parameters/Limit/schema/maxmum: the keyword is not known"],
    },
    Case {
        name: "unknown-extension",
        file: DCS,
        from: "x-huaweicloud-sources:",
        to: "x-huaweicloud-source:",
        says: &[
            "x-huaweicloud-source: the extension is not known",
            "nothing is described without a source",
        ],
    },
    Case {
        name: "required-field",
        file: DCS,
        from: "    SingleBackgroundTask:\n      type: object\n",
        to: "    SingleBackgroundTask:\n      type: object\n      required: [id]\n",
        says: &[
            "/components/schemas/SingleBackgroundTask/required: does not belong here",
            "may be absent or null",
        ],
    },
    Case {
        name: "limited-field",
        file: DCS,
        from: "          description: Port before the change.",
        to: "          minimum: 1\n          description: Port before the change.",
        says: &["/DetailsBody/properties/old_port/minimum: does not belong here"],
    },
    Case {
        name: "format",
        file: DCS,
        from: "        replica_ip:\n          type: string\n",
        to: "        replica_ip:\n          type: string\n          format: ip\n",
        says: &["/DetailsBody/properties/replica_ip/format: must be int32 or int64"],
    },
    Case {
        name: "limit-as-text",
        file: DCS,
        from: "        maximum: 1000",
        to: "        maximum: '1000'",
        says: &["/components/parameters/Limit/schema/maximum: must be an integer"],
    },
    Case {
        name: "limit-that-is-not-checked",
        file: DCS,
        from: "        minLength: 1\n      example: a4d31cb6",
        to: "        pattern: ^x$\n      example: a4d31cb6",
        says: &[
            "/components/parameters/ProjectId/schema/pattern: does not belong here: the client would not check it",
        ],
    },
    Case {
        name: "beside-a-ref",
        file: DCS,
        from: "        details:\n          $ref: '#/components/schemas/DetailsBody'",
        to: "        details:\n          nullable: true\n          $ref: '#/components/schemas/DetailsBody'",
        says: &["/SingleBackgroundTask/properties/details: what stands beside `$ref` is ignored"],
    },
    Case {
        name: "misspelt-key",
        file: DCS,
        from: "      in: query\n      description: Number of tasks on a page.",
        to: "      in: query\n      requird: true\n      description: Number of tasks on a page.",
        says: &["/components/parameters/Limit/requird: the key is not known"],
    },
    Case {
        name: "example-does-not-fit",
        file: DCS,
        from: "        default: 10\n      example: 10",
        to: "        default: 0\n      example: ten",
        says: &[
            "Limit/example: \"ten\" is not of type",
            "Limit/schema/default: 0 is less than the minimum",
        ],
    },
    Case {
        name: "broken-pattern",
        file: DCS,
        from: "pattern: ^[0-9]{14}$",
        to: "pattern: ^[0-9{14}$",
        says: &["this is not a usable schema"],
    },
    Case {
        name: "one-name-for-two-values",
        file: DCS,
        from: "        - WAITING\n      x-enumDescriptions:\n",
        to: "        - WAITING\n        - Waiting\n      x-enumDescriptions:\n        Waiting: The same in small letters.\n",
        says: &[
            "/components/schemas/StepStatus/x-extensible-enum: two values would have the same name in Rust",
        ],
    },
    Case {
        name: "value-that-is-no-text",
        file: DCS,
        from: "        - WAITING\n",
        to: "        - 5\n        - WAITING\n",
        says: &[
            "/components/schemas/StepStatus/x-extensible-enum: must be a list of different texts",
        ],
    },
    Case {
        name: "success-without-a-body",
        file: "openapi/rocketmq.yaml",
        from: "        '200':\n          description: One page of tasks.",
        to: "        '204':\n          description: Nothing.\n        '200':\n          description: One page of tasks.",
        says: &["/responses/204: the response has no `content`"],
    },
    Case {
        name: "paging-by-nothing",
        file: DCS,
        from: "        position: offset\n",
        to: "        position: page\n",
        says: &[
            "/x-huaweicloud-paging/position: \"page\" is not a parameter of ListBackgroundTask with the format int32",
        ],
    },
    Case {
        name: "paging-of-nothing",
        file: DCS,
        from: "        items: tasks\n",
        to: "        items: jobs\n",
        says: &["/x-huaweicloud-paging: the success of ListBackgroundTask has no array \"jobs\""],
    },
    Case {
        name: "ledger-odd-status",
        file: LEDGER,
        from: "statuses: ['401', '403', '404']",
        to: "statuses: ['é1']",
        says: &["does not cover the status é1"],
    },
    Case {
        name: "ledger-no-longer-applies",
        file: "openapi/samples/dcs/ListCenterTask.json",
        from: "\"task_count\" : 2",
        to: "\"task_count\" : \"2\"",
        says: &["openapi/discrepancies.yaml: dcs-list-center-task-count: no longer applies"],
    },
    Case {
        name: "ledger-not-followed",
        file: "openapi/rocketmq.yaml",
        from: "        minimum: 1\n",
        to: "        minimum: 1\n        maximum: 100\n",
        says: &[
            "rocketmq-limit: openapi/rocketmq.yaml#/components/parameters/Limit/schema/maximum should be null",
        ],
    },
    Case {
        name: "ledger-of-nothing",
        file: LEDGER,
        from: "operation: dcs/ListCenterTask",
        to: "operation: dcs/ListCentreTask",
        says: &["there is no operation dcs/ListCentreTask"],
    },
];

#[test]
fn every_mistake_is_named() {
    for case in &CASES {
        let project = Copy::new(case.name);
        project.edit(case.file, case.from, case.to);
        let (code, printed) = project.validate();
        assert_eq!(code, Some(1), "{}: {printed}", case.name);
        for text in case.says {
            assert!(
                printed.contains(text),
                "{}: no {text:?} in\n{printed}",
                case.name
            );
        }
        assert!(!printed.contains("panicked"), "{}: {printed}", case.name);
    }
}

#[test]
fn a_missing_file_is_named() {
    let project = Copy::new("no-file");
    std::fs::remove_file(project.0.join(DCS)).unwrap();
    let (code, printed) = project.validate();
    assert_eq!(code, Some(1));
    assert!(
        printed.contains("openapi/dcs.yaml: the file cannot be read"),
        "{printed}"
    );
}

/// The report is the same for the same input, and the snapshots in the project are current: what
/// is left to fail in a copy without a Cargo.toml is only the compiled half.
#[test]
fn an_untouched_copy_agrees_with_the_snapshots() {
    let (_, printed) = Copy::new("untouched").validate();
    assert!(!printed.contains("the report differs"), "{printed}");
    assert!(!printed.contains("problem(s)"), "{printed}");
    assert!(printed.contains("Cargo.toml"), "{printed}");
}
