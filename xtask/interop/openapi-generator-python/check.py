"""What the client of openapi-generator must be able to do with documented and real answers.

Each helper names the type that it expects, so that mypy compares it with the type that the
generator took from the description; at run time it compares the value.
"""

import json
import os
from pathlib import Path
from typing import TypeVar

import dcs_client
import rocketmq_client

T = TypeVar("T")

SAMPLES = Path(os.environ["SAMPLES"])
ENDPOINT = os.environ["ENDPOINT"]
PROJECT_ID = os.environ["PROJECT_ID"]


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


def list_background_task(page: dcs_client.ListBackgroundTaskResponse) -> None:
    number(len(there(page.tasks)), 1)
    task = there(page.tasks)[0]
    text(task.id, "8abf6e1e72c12e7c0172c15b508500aa")
    text(task.name, "EXTEND")
    text(task.user_name, "dcs_000_02")
    text(task.status, "SUCCESS")
    text(task.created_at, "2020-06-17T08:18:06.597Z")
    flag(task.enable_show, False)
    details = there(task.details)
    text_or_number(there(details.old_capacity).actual_instance, "0.125")
    number(details.old_port, 6379)
    flag(details.is_only_adjust_charging, False)
    commands: list[str] = there(details.rename_commands)
    same(commands, [])


def show_background_task_progress(shown: dcs_client.ShowBackgroundTaskProgressResponse) -> None:
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


def list_center_task(page: dcs_client.ListCenterTaskResponse) -> None:
    tasks = there(page.tasks)
    number(len(tasks), 2)
    text_or_number(there(there(tasks[0].details).old_capacity).actual_instance, 0.125)
    text_or_number(there(there(tasks[0].details).new_capacity).actual_instance, 0.25)
    text(tasks[0].job_id, "8abf6e1e87bce0740187bd32748b0530")
    text(tasks[0].error_code, "111400063")
    text(tasks[1].name, "dcsExportJob")
    details: dcs_client.DetailsBody | None = tasks[1].details
    same(details, None)


def list_background_tasks(page: rocketmq_client.ListBackgroundTasksResponse) -> None:
    task = there(page.tasks)[0]
    text(task.id, "ff80808272dcc90f0172df1e490f41b0")
    text(task.name, "bindInstancePublicIp")
    text(task.status, "SUCCESS")
    text(task.created_at, "2020-06-23T03:00:03.471Z")
    params: str = there(task.params)
    flag(json.loads(params)["enable_public_ip"], True)


def check_decode() -> None:
    page = there(dcs_client.ListBackgroundTaskResponse.from_json(sample("dcs/ListBackgroundTask.json")))
    text_or_number(there(page.task_count).actual_instance, 1)
    list_background_task(page)
    print("ok ListBackgroundTask decode")

    shown = there(
        dcs_client.ShowBackgroundTaskProgressResponse.from_json(sample("dcs/ShowBackgroundTaskProgress.json"))
    )
    show_background_task_progress(shown)
    print("ok ShowBackgroundTaskProgress decode")

    center = there(dcs_client.ListCenterTaskResponse.from_json(sample("dcs/ListCenterTask.json")))
    text_or_number(there(center.task_count).actual_instance, 2)
    list_center_task(center)
    # null is written back as null, and not left out.
    same("details" in there(center.tasks)[1].to_dict(), True)
    print("ok ListCenterTask decode")

    messages = there(
        rocketmq_client.ListBackgroundTasksResponse.from_json(sample("rocketmq/ListBackgroundTasks.json"))
    )
    text_or_number(there(messages.task_count).actual_instance, "1")
    list_background_tasks(messages)
    print("ok ListBackgroundTasks decode")


def check_unknown() -> None:
    changed = json.loads(sample("dcs/ListBackgroundTask.json"))
    changed["tasks"][0]["status"] = "HELD"
    changed["tasks"][0]["a_field_of_tomorrow"] = {"x": 1}
    del changed["tasks"][0]["details"]
    page = there(dcs_client.ListBackgroundTaskResponse.from_json(json.dumps(changed)))
    text(there(page.tasks)[0].status, "HELD")
    same(there(page.tasks)[0].details, None)
    print("ok ListBackgroundTask unknown")


def dcs_api(token: str) -> dcs_client.ApiClient:
    return dcs_client.ApiClient(dcs_client.Configuration(host=ENDPOINT, api_key={"AuthToken": token}))


def rocketmq_api(token: str) -> rocketmq_client.ApiClient:
    return rocketmq_client.ApiClient(rocketmq_client.Configuration(host=ENDPOINT, api_key={"AuthToken": token}))


def check_call() -> None:
    api = dcs_api(os.environ["AUTH_TOKEN"])
    of_instance = dcs_client.BackgroundTasksApi(api)

    page = of_instance.list_background_task(PROJECT_ID, os.environ["DCS_INSTANCE_ID"], limit=10)
    list_background_task(page)
    print("ok ListBackgroundTask call")

    shown = of_instance.show_background_task_progress(
        PROJECT_ID, os.environ["DCS_INSTANCE_ID"], os.environ["DCS_TASK_ID"]
    )
    number(shown.progress, 30)
    print("ok ShowBackgroundTaskProgress call")

    center = dcs_client.TaskCenterApi(api).list_center_task(PROJECT_ID, limit=10)
    text(there(center.tasks)[0].id, "8abf6e1e72c12e7c0172c15b508500aa")
    text(there(center.tasks)[0].status, "SUCCESS")
    print("ok ListCenterTask call")

    messages = rocketmq_client.BackgroundTasksApi(rocketmq_api(os.environ["AUTH_TOKEN"])).list_background_tasks(
        PROJECT_ID, os.environ["ROCKETMQ_INSTANCE_ID"], limit=10
    )
    list_background_tasks(messages)
    print("ok ListBackgroundTasks call")


def refused(
    operation: str,
    error: dcs_client.ApiException | rocketmq_client.ApiException,
    model: type[dcs_client.ErrorResponse] | type[rocketmq_client.ErrorResponse],
) -> None:
    same(error.status, 401)
    # The generated client decodes a body only into the type that the description gives to this
    # status of this operation; without one, data is None.
    if not isinstance(error.data, model):
        raise AssertionError(f"{operation}: the body of the 401 is not decoded: {error.data!r}")
    text(error.data.error_code, "APIGW.0301")
    print(f"ok {operation} error")


def check_error() -> None:
    api = dcs_api("a wrong token")
    of_instance = dcs_client.BackgroundTasksApi(api)
    instance = os.environ["DCS_INSTANCE_ID"]

    try:
        of_instance.list_background_task(PROJECT_ID, instance, limit=10)
        raise AssertionError("ListBackgroundTask: a wrong token was taken")
    except dcs_client.ApiException as error:
        refused("ListBackgroundTask", error, dcs_client.ErrorResponse)

    try:
        of_instance.show_background_task_progress(PROJECT_ID, instance, os.environ["DCS_TASK_ID"])
        raise AssertionError("ShowBackgroundTaskProgress: a wrong token was taken")
    except dcs_client.ApiException as error:
        refused("ShowBackgroundTaskProgress", error, dcs_client.ErrorResponse)

    try:
        dcs_client.TaskCenterApi(api).list_center_task(PROJECT_ID, limit=10)
        raise AssertionError("ListCenterTask: a wrong token was taken")
    except dcs_client.ApiException as error:
        refused("ListCenterTask", error, dcs_client.ErrorResponse)

    try:
        rocketmq_client.BackgroundTasksApi(rocketmq_api("a wrong token")).list_background_tasks(
            PROJECT_ID, os.environ["ROCKETMQ_INSTANCE_ID"], limit=10
        )
        raise AssertionError("ListBackgroundTasks: a wrong token was taken")
    except rocketmq_client.ApiException as error:
        refused("ListBackgroundTasks", error, rocketmq_client.ErrorResponse)


check_decode()
check_unknown()
check_call()
check_error()
