//! What sessiond and the server say to each other: each may have been taken over, so neither may fall over what the other sends.
#![no_main]

use libfuzzer_sys::fuzz_target;
use longhouse_link::proto;
use prost::Message;

/// Whatever can be read can be written, and is read the same again. The bytes are compared, for a number that is none equals nothing.
fn read<M: Message + Default>(data: &[u8]) {
    if let Ok(message) = M::decode(data) {
        let written = message.encode_to_vec();
        let again = M::decode(written.as_slice()).map(|again| again.encode_to_vec());
        assert_eq!(again, Ok(written));
    }
}

fuzz_target!(|data: &[u8]| {
    read::<proto::Done>(data);
    read::<proto::HelloRequest>(data);
    read::<proto::HelloReply>(data);
    read::<proto::TerminalRef>(data);
    read::<proto::CreateTerminalRequest>(data);
    read::<proto::Terminal>(data);
    read::<proto::ListTerminalsRequest>(data);
    read::<proto::TerminalList>(data);
    read::<proto::ResizeTerminalRequest>(data);
    read::<proto::WriteRequest>(data);
    read::<proto::OutputRequest>(data);
    read::<proto::OutputChunk>(data);
    read::<proto::Size>(data);
    read::<proto::Exit>(data);
    read::<proto::SnapshotRequest>(data);
    read::<proto::SnapshotChunk>(data);
    read::<proto::CaptureRequest>(data);
    read::<proto::CaptureChunk>(data);
    read::<proto::FileEntry>(data);
    read::<proto::ListFilesRequest>(data);
    read::<proto::ListFilesReply>(data);
    read::<proto::ReadFileRequest>(data);
    read::<proto::FileHead>(data);
    read::<proto::FileChunk>(data);
    read::<proto::WriteFileHead>(data);
    read::<proto::WriteFileRequest>(data);
    read::<proto::WriteFileReply>(data);
    read::<proto::ChangeFilesRequest>(data);
    read::<proto::ChangeFilesReply>(data);
    read::<proto::ArchiveFilesRequest>(data);
    read::<proto::PortBytes>(data);
    read::<proto::ExecRequest>(data);
    read::<proto::ExecReply>(data);
    read::<proto::StatsRequest>(data);
    read::<proto::StatsReply>(data);
    read::<proto::WatchRequest>(data);
    read::<proto::SessionEvent>(data);
    read::<proto::ShutdownRequest>(data);
});
