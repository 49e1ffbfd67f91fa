"""The client finds its way: tables of locations, resource areas, connection data, versions, credentials."""

from azure.devops.exceptions import AzureDevOpsAuthenticationError
from judge import ORGANIZATION_URL, PROJECT, check, connect, control, end, equal, refused, section


@section
def the_client_finds_every_area():
    connection = connect()
    connection.authenticate()
    released = connection.clients.get_core_client()
    projects = released.get_projects()
    equal("projects by the released client", sorted(p.name for p in projects), ["Warehouse", PROJECT])
    preview = connection.clients_v7_1.get_core_client()
    projects = preview.get_projects()
    equal("projects by the 7.1 client", sorted(p.name for p in projects), ["Warehouse", PROJECT])
    one = preview.get_project(PROJECT, include_capabilities=True)
    equal("a project's state", one.state, "wellFormed")
    check("a project's process", "processTemplate" in one.capabilities, one.capabilities)
    equal("a project by its id", released.get_project(one.id).name, PROJECT)


@section
def a_resource_is_found_by_its_id():
    wit = connect().clients_v7_1.get_work_item_tracking_client()
    refused("no item", lambda: wit.get_work_item(9999), "TF401232", "WorkItemUnauthorizedAccessException")


@section
def connection_data():
    location = connect().clients_v7_1.get_location_client()
    data = location.get_connection_data()
    check("who asks", data.authenticated_user.id == data.authorized_user.id, data)
    check("the organisation has an id", data.instance_id, data)


@section
def areas_of_the_cloud_form():
    control("PUT", "/azureDevOps/settings", {"resourceAreas": "services"})
    areas = connect().clients_v7_1.get_location_client().get_resource_areas()
    check("areas are listed", len(areas) > 3, areas)
    equal(
        "every area lives at the organisation",
        {area.location_url.rstrip("/") for area in areas},
        {ORGANIZATION_URL},
    )
    control("PUT", "/azureDevOps/settings", {"resourceAreas": "server"})


@section
def a_bad_token_is_an_authentication_error():
    refused(
        "a bad token",
        lambda: connect("no-such-token").clients.get_core_client().get_projects(),
        "requires user authentication",
        kind=AzureDevOpsAuthenticationError,
    )


@section
def a_missing_project_is_told():
    core = connect().clients_v7_1.get_core_client()
    refused(
        "a project that is not there",
        lambda: core.get_project("Nowhere"),
        "TF200016",
        "ProjectDoesNotExistWithNameException",
    )


end()
