"""What the models of datamodel-code-generator must be able to do with documented and real answers.

Each helper names the type that it expects, so that mypy compares it with the type that the
generator took from the description; at run time it compares the value.

The generator makes models and no calls: which model belongs to which status of which operation is
known to this program only.
"""

import json
import os
from pathlib import Path
from typing import TypeVar

import dcs_models as dcs
import httpx
import rocketmq_models as rocketmq
from pydantic import BaseModel

T = TypeVar("T")

SAMPLES = Path(os.environ["SAMPLES"])
PROJECT = f"/v2/{os.environ['PROJECT_ID']}"
DCS_TASKS = f"{PROJECT}/instances/{os.environ['DCS_INSTANCE_ID']}/tasks"
DCS_PROGRESS = f"{DCS_TASKS}/{os.environ['DCS_TASK_ID']}/progress"
CENTER_TASKS = f"{PROJECT}/tasks"
ROCKETMQ_TASKS = f"{PROJECT}/instances/{os.environ['ROCKETMQ_INSTANCE_ID']}/tasks"


def sample(name: str) -> str:
    return (SAMPLES / name).read_text(encoding="utf-8")


def there(value: T | None) -> T:
    """Every field may be absent; in the samples these are not."""
    if value is None:
        raise AssertionError("a field of the sample was not decoded")
    return value


def same(actual: object, expected: object) -> None:
    # The type is part of it: 1, "1" and True are different answers.
    if type(actual) is not type(expected) or actual != expected:
        raise AssertionError(f"expected {expected!r}, got {actual!r}")


def text(actual: str | None, expected: str) -> None:
    same(actual, expected)


def number(actual: int | None, expected: int) -> None:
    same(actual, expected)


def flag(actual: bool | None, expected: bool) -> None:
    same(actual, expected)


def text_or_number(actual: str | float | None, expected: str | float) -> None:
    same(actual, expected)


def written_back(model: BaseModel, documented: str) -> None:
    same(model.model_dump(mode="json", exclude_unset=True), json.loads(documented))


def list_background_task(page: dcs.ListBackgroundTaskResponse) -> None:
    number(len(there(page.tasks)), 1)
    task = there(page.tasks)[0]
    text(task.id, "8abf6e1e72c12e7c0172c15b508500aa")
    text(task.name, "EXTEND")
    text(task.user_name, "dcs_000_02")
    text(task.status, "SUCCESS")
    text(task.created_at, "2020-06-17T08:18:06.597Z")
    flag(task.enable_show, False)
    details = there(task.details)
    text_or_number(details.old_capacity, "0.125")
    number(details.old_port, 6379)
    flag(details.is_only_adjust_charging, False)
    commands: list[str] = there(details.rename_commands)
    same(commands, [])


def show_background_task_progress(shown: dcs.ShowBackgroundTaskProgressResponse) -> None:
    number(shown.progress, 30)
    number(shown.remain_time, 100)
    steps = there(shown.step_details)
    number(len(steps), 2)
    text(steps[0].step_name, "前置检查")
    text(steps[0].step_status, "FINISH")
    text(steps[0].begin_time, "2022-09-01 11:52:24")
    text(steps[0].error_code, "DCS.4064")
    number(len(there(steps[0].sub_step_details)), 2)
    text(steps[1].step_status, "EXECUTING")
    detail: str = there(there(steps[1].sub_step_details)[0].detail)
    text(detail[:13], "{node_id:9996")


def list_center_task(page: dcs.ListCenterTaskResponse) -> None:
    tasks = there(page.tasks)
    number(len(tasks), 2)
    text_or_number(there(tasks[0].details).old_capacity, 0.125)
    text_or_number(there(tasks[0].details).new_capacity, 0.25)
    text(tasks[0].job_id, "8abf6e1e87bce0740187bd32748b0530")
    text(tasks[0].error_code, "111400063")
    text(tasks[1].name, "dcsExportJob")
    details: dcs.DetailsBody | None = tasks[1].details
    same(details, None)


def list_background_tasks(page: rocketmq.ListBackgroundTasksResponse) -> None:
    task = there(page.tasks)[0]
    text(task.id, "ff80808272dcc90f0172df1e490f41b0")
    text(task.name, "bindInstancePublicIp")
    text(task.status, "SUCCESS")
    text(task.created_at, "2020-06-23T03:00:03.471Z")
    params: str = there(task.params)
    flag(json.loads(params)["enable_public_ip"], True)


def check_decode() -> None:
    documented = sample("dcs/ListBackgroundTask.json")
    page = dcs.ListBackgroundTaskResponse.model_validate_json(documented)
    text_or_number(page.task_count, 1)
    list_background_task(page)
    written_back(page, documented)
    print("ok ListBackgroundTask decode")

    documented = sample("dcs/ShowBackgroundTaskProgress.json")
    shown = dcs.ShowBackgroundTaskProgressResponse.model_validate_json(documented)
    show_background_task_progress(shown)
    written_back(shown, documented)
    print("ok ShowBackgroundTaskProgress decode")

    documented = sample("dcs/ListCenterTask.json")
    center = dcs.ListCenterTaskResponse.model_validate_json(documented)
    text_or_number(center.task_count, 2)
    list_center_task(center)
    written_back(center, documented)
    print("ok ListCenterTask decode")

    documented = sample("rocketmq/ListBackgroundTasks.json")
    messages = rocketmq.ListBackgroundTasksResponse.model_validate_json(documented)
    text_or_number(messages.task_count, "1")
    list_background_tasks(messages)
    written_back(messages, documented)
    print("ok ListBackgroundTasks decode")


def check_unknown() -> None:
    changed = json.loads(sample("dcs/ListBackgroundTask.json"))
    changed["tasks"][0]["status"] = "HELD"
    changed["tasks"][0]["a_field_of_tomorrow"] = {"x": 1}
    del changed["tasks"][0]["details"]
    page = dcs.ListBackgroundTaskResponse.model_validate(changed)
    text(there(page.tasks)[0].status, "HELD")
    same(there(page.tasks)[0].details, None)
    print("ok ListBackgroundTask unknown")


def get(token: str, path: str, status: int) -> bytes:
    query = {} if path == DCS_PROGRESS else {"limit": 10}
    answer = httpx.get(os.environ["ENDPOINT"] + path, params=query, headers={"X-Auth-Token": token})
    same(answer.status_code, status)
    return answer.content


def check_call() -> None:
    token = os.environ["AUTH_TOKEN"]

    list_background_task(dcs.ListBackgroundTaskResponse.model_validate_json(get(token, DCS_TASKS, 200)))
    print("ok ListBackgroundTask call")

    shown = dcs.ShowBackgroundTaskProgressResponse.model_validate_json(get(token, DCS_PROGRESS, 200))
    number(shown.progress, 30)
    print("ok ShowBackgroundTaskProgress call")

    center = dcs.ListCenterTaskResponse.model_validate_json(get(token, CENTER_TASKS, 200))
    text(there(center.tasks)[0].id, "8abf6e1e72c12e7c0172c15b508500aa")
    text(there(center.tasks)[0].status, "SUCCESS")
    print("ok ListCenterTask call")

    list_background_tasks(rocketmq.ListBackgroundTasksResponse.model_validate_json(get(token, ROCKETMQ_TASKS, 200)))
    print("ok ListBackgroundTasks call")


def check_error() -> None:
    for operation, path in (
        ("ListBackgroundTask", DCS_TASKS),
        ("ShowBackgroundTaskProgress", DCS_PROGRESS),
        ("ListCenterTask", CENTER_TASKS),
    ):
        refused = dcs.ErrorResponse.model_validate_json(get("a wrong token", path, 401))
        text(refused.error_code, "APIGW.0301")
        print(f"ok {operation} error")

    refused_too = rocketmq.ErrorResponse.model_validate_json(get("a wrong token", ROCKETMQ_TASKS, 401))
    text(refused_too.error_code, "APIGW.0301")
    print("ok ListBackgroundTasks error")


check_decode()
check_unknown()
check_call()
check_error()
