//! What an `Exec` answers where nothing is run: `env` lists the session's environment, `exit CODE` exits so; anything else is repeated.

use longhouse_domain::terminal::Environment;
use longhouse_link::proto::{ExecReply, ExecRequest};
use tonic::Status;

pub(super) fn exec(env: &Environment, request: ExecRequest) -> Result<ExecReply, Status> {
    let argv: Vec<&str> = request.argv.iter().map(String::as_str).collect();
    let mut reply = ExecReply::default();
    match argv[..] {
        [] => return Err(Status::invalid_argument("nothing to run")),
        ["env"] => {
            let mut env = env.clone();
            env.extend(request.env);
            let lines: String = env
                .iter()
                .map(|(name, value)| format!("{name}={value}\n"))
                .collect();
            reply.stdout = lines.into_bytes().into();
        }
        ["exit", code] => {
            reply.exit_code = code
                .parse()
                .map_err(|_| Status::invalid_argument("the exit code is a number"))?;
        }
        _ => reply.stdout = format!("{}\n", argv.join(" ")).into_bytes().into(),
    }
    Ok(reply)
}
