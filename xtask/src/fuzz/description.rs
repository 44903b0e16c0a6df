//! The description as requests are drawn from it: with names of what is there, and without what
//! has no end.
//!
//! Invariant: it promises what the service promises; only what may be asked for is narrowed or
//! widened.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// Names of what is there, by where a path asks for them: `/api/v1/matters/{id}` holds a matter's.
pub(super) type Known = BTreeMap<String, Vec<String>>;

/// What answers as long as the caller listens.
const ENDLESS: &str = "/responses/200/content/text~1event-stream";
/// What a path parameter may have beside its type.
const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// Takes out what is answered without an end; what that was.
pub(super) fn take_endless(description: &mut Value) -> Vec<String> {
    take(description, |_, _, operation| operation.pointer(ENDLESS).is_some())
}

/// Takes out every operation that fits; which they were.
pub(super) fn take(
    description: &mut Value,
    mut fits: impl FnMut(&str, &str, &Value) -> bool,
) -> Vec<String> {
    let mut taken = Vec::new();
    let Some(paths) = description["paths"].as_object_mut() else { return taken };
    for (path, item) in paths.iter_mut() {
        let Some(item) = item.as_object_mut() else { continue };
        item.retain(|method, operation| {
            let fits = METHODS.contains(&method.as_str()) && fits(method, path, operation);
            if fits {
                taken.push(format!("{} {path}", method.to_uppercase()));
            }
            !fits
        });
    }
    paths.retain(|_, item| item.as_object().is_some_and(|it| !it.is_empty()));
    taken
}

/// Lets every path ask for names that are there beside names that are not.
pub(super) fn name(description: &mut Value, known: &Known) {
    let Some(paths) = description["paths"].as_object_mut() else { return };
    for (path, item) in paths.iter_mut() {
        let operations = item.as_object_mut().into_iter().flatten();
        let parameters = operations.filter_map(|it| it.1.get_mut("parameters")?.as_array_mut());
        for parameter in parameters.flatten() {
            let place = parameter["name"].as_str().and_then(|it| path.find(&format!("{{{it}}}")));
            if parameter["in"] != "path" {
                continue;
            }
            let names = place.and_then(|at| known.get(&path[..at]));
            if let Some(names) = names.filter(|it| !it.is_empty()) {
                let any = parameter["schema"].take();
                parameter["schema"] = json!({ "anyOf": [{ "enum": names }, any] });
            }
        }
    }
}

/// The control: a status that is answered is described no longer.
pub(super) fn hide_status(description: &mut Value, path: &str, status: &str) -> bool {
    let operation = &mut description["paths"][path]["get"];
    let responses = operation["responses"].as_object_mut();
    responses.is_some_and(|it| it.remove(status).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn described() -> Value {
        let id = json!({ "name": "id", "in": "path", "schema": { "type": "string" } });
        json!({ "paths": {
            "/a/{id}": { "get": { "parameters": [id], "responses": { "200": {}, "404": {} } } },
            "/b": { "get": { "responses": { "200": { "content": { "text/event-stream": {} } } } } },
        }})
    }

    #[test]
    fn what_has_no_end_is_taken_out_and_named() {
        let mut description = described();
        assert_eq!(take_endless(&mut description), ["GET /b"]);
        assert!(description["paths"].get("/b").is_none());
        assert!(take_endless(&mut description).is_empty());
    }

    #[test]
    fn a_path_asks_for_what_is_there_and_for_anything_else() {
        let mut description = described();
        let known = Known::from([("/a/".to_owned(), vec!["x".to_owned()])]);
        name(&mut description, &known);
        let schema = &description["paths"]["/a/{id}"]["get"]["parameters"][0]["schema"];
        assert_eq!(*schema, json!({ "anyOf": [{ "enum": ["x"] }, { "type": "string" }] }));
        assert!(description["paths"]["/b"]["get"].get("parameters").is_none());
    }

    #[test]
    fn only_a_status_that_is_described_can_be_hidden() {
        let mut description = described();
        assert!(hide_status(&mut description, "/a/{id}", "404"));
        assert!(!hide_status(&mut description, "/a/{id}", "404"));
    }
}
