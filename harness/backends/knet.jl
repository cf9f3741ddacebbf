# Knet: the worker in Julia. Speaks the protocol that harness/worker/loop.py describes; needs no package but Knet.

module Worker

include("knet_wire.jl")

"""What this worker does not pass on to Julia; the text says why."""
struct Declined <: Exception
    reason::String
end

include("knet_entries.jl")

const NEGLIGIBLE = 1 << 15 # elements of all arguments up to which a call is made twice, to see whether it repeats

# --- the process -----------------------------------------------------------------------------------------------------

"""The real standard streams, out of the reach of whatever prints or reads: 1 then is standard error, 0 is empty."""
function own_streams()
    requests, replies = (Base.fdio(ccall(:dup, Cint, (Cint,), each), true) for each in (0, 1))
    nothing_to_read = open("/dev/null")
    ccall(:dup2, Cint, (Cint, Cint), fd(nothing_to_read), 0)
    ccall(:dup2, Cint, (Cint, Cint), 2, 1)
    redirect_stdout(stderr) # Julia itself prints to a copy of 1
    return requests, replies
end

"""Asks Linux to end this process when its parent is killed; elsewhere the end of the stream does it."""
end_with_parent() = Sys.islinux() && ccall(:prctl, Cint, (Cint, Culong, Culong, Culong, Culong), 1, 9, 0, 0, 0)

"""
Lets a fatal signal end this process at once. Julia's own handlers print where it happened, and to do so they allocate:
where a call has broken the heap, or died inside malloc, they wait for ever. Several threads need SIGSEGV themselves, to
stop each other.
"""
function die_at_once()
    abort, segmentation, bus = 6, 11, Sys.islinux() ? 7 : 10
    alone = Threads.nthreads() == 1 && VERSION < v"1.9" # from then on there are threads that nthreads() does not count
    for signal in (alone ? (abort, segmentation, bus) : (abort,))
        Sys.isunix() && ccall(:signal, Ptr{Cvoid}, (Cint, Ptr{Cvoid}), signal, C_NULL)
    end
end

function serve(requests::IO, replies::IO, knet::Module)
    entries, left_out = entry_points(knet)
    declarations = Any[entry.declaration for entry in entries]
    write_message(replies, hello(knet, declarations, left_out))
    known = Object(entry.declaration["name"] => entry for entry in entries)
    while (message = next_message(requests, replies)) !== nothing
        arrays = message[2]
        for call in message[1]["calls"]
            answer(replies, known, call, splice!(arrays, 1:length(call["arrays"])))
        end
    end
end

hello(knet::Module, declarations::Vector{Any}, left_out::Object) = Object(
    "hello" => 2,
    "backend" => "knet",
    "version" => version_of(knet),
    "entry_points" => declarations,
    "left_out" => left_out,
    "environment" => merge(Object("julia" => string(VERSION)), versions_below()),
)

"""The next message. One that cannot be read ends this worker, which says so first."""
function next_message(requests::IO, replies::IO)
    try
        return read_message(requests)
    catch error
        write_message(replies, Object("broken" => fault(error)))
        exit(1)
    end
end

# --- one call --------------------------------------------------------------------------------------------------------

"""Replies to one call. What the system throws is told as raised, what this worker throws as broken."""
function answer(replies::IO, known::Object, call, arrays)
    message, results = try
        roles = Object(role => readable(array) for (role, array) in zip(call["arrays"], arrays))
        made(known[call["entry"]].prepared(roles, call["settings"])...)
    catch error
        error isa Declined ? Object("declined" => error.reason) : Object("broken" => fault(error)), ()
    end
    write_message(replies, message, results)
end

readable(array::Array) = array
readable(array::Unread) = throw(Declined("Julia has no numbers of dtype $(array.dtype)"))

"""(message, arrays): what the system gives, or throws."""
function made(@nospecialize(called), arguments::Vector{Any}, words::Dict{Symbol,Any})
    again = nothing
    start = time()
    result = try
        called(arguments...; words...)
    catch error
        return raised(error), ()
    end
    seconds = time() - start
    if sum(length, arguments) <= NEGLIGIBLE
        again = try
            called(arguments...; words...)
        catch error
            return raised(error), ()
        end
    end
    for each in (again === nothing ? (result,) : (result, again))
        of_numbers(each) || return Object("raised" => "TypeError", "message" => unfit(each)), ()
    end
    result, again = Array(result), again === nothing ? again : Array(again)
    message = Object("answered" => seconds, "warnings" => [])
    different = again === nothing ? "" : unlike(result, again)
    isempty(different) || (message["not_repeatable"] = different)
    return message, (result,)
end

of_numbers(@nospecialize(result)) = result isa AbstractArray && eltype(result) in values(TYPES)
unfit(@nospecialize(result)) = "it gave a result of type $(typeof(result)), expected an array of numbers"

raised(@nospecialize(error)) =
    Object("raised" => string(typeof(error)), "message" => first(sprint(showerror, error), 4000))

"""How `again`, which the same call gave at once, differs from `result`; "" where it does not."""
function unlike(@nospecialize(result), @nospecialize(again))
    size(result) == size(again) || return "two identical calls gave the shapes $(size(result)) and $(size(again))"
    bytes(result) == bytes(again) && return "" # compiles nothing more, as the rest does for each type
    same(a, b) = a == b || (isnan(a) && isnan(b))
    places = [Tuple(place) .- 1 for place in CartesianIndices(result) if !same(result[place], again[place])]
    isempty(places) && return ""
    shown = join(places[1:min(5, end)], ", ")
    return "two identical calls differ in $(length(places)) of $(length(result)) outputs, first at $shown"
end

function bytes(@nospecialize(array::Array))
    stream = IOBuffer()
    write(stream, array)
    return take!(stream)
end

"""What is wrong with this worker, and where: for the catch block of `error`."""
function fault(@nospecialize(error))
    own = [frame for frame in stacktrace(catch_backtrace()) if dirname(string(frame.file)) == @__DIR__]
    place = isempty(own) ? "knet.jl" : "$(basename(string(own[1].file))), line $(own[1].line)"
    return first(sprint(showerror, error), 4000) * " (backends/$place)"
end

# --- versions --------------------------------------------------------------------------------------------------------

"""NNlib and its version, where it is loaded: what padding does depends on it."""
versions_below() = Object(id.name => version_of(loaded) for (id, loaded) in Base.loaded_modules if id.name == "NNlib")

"""
The version of a package: that of its own Project.toml; for old ones, where there is none, that of a manifest in use, or
the first of its release notes.
"""
function version_of(package::Module)
    folder, name = dirname(dirname(something(pathof(package), ""))), nameof(package)
    entry = Regex("^\\[\\[(?:deps\\.)?$name\\]\\]\\n(?:[^\\[].*\\n)*?version = \"([^\"]*)\"", "m")
    places = [
        (joinpath(folder, "Project.toml"), r"^version\s*=\s*\"([^\"]*)\""m),
        ((manifest, entry) for manifest in manifests())...,
        (joinpath(folder, "NEWS.md"), Regex("^$name v([0-9.]+) Release Notes", "m")),
    ]
    for (file, pattern) in places
        found = isfile(file) ? match(pattern, read(file, String)) : nothing
        found === nothing || return found[1]
    end
    return "unknown"
end

"""Where the manifests of the environments are that packages come from."""
function manifests()
    environments = [something(Base.active_project(), ""), Base.load_path()...]
    return [joinpath(isdir(each) ? each : dirname(each), "Manifest.toml") for each in environments]
end

# --- a Knet that does not load ---------------------------------------------------------------------------------------

"""
Loads Knet into Main; nothing, or why it cannot be had. What a process writes that compiles it beforehand goes to a
file of its own, and from there to standard error: that is where the error stands.
"""
function loading()
    start = "Knet cannot be loaded by version $VERSION"
    if Base.find_package("Knet") === nothing
        return "$start (it is not installed; $(asked_julia())); run: julia -e 'import Pkg; Pkg.add(\"Knet\")'"
    end
    path, written = mktemp()
    try
        redirect_stderr(() -> Core.eval(Main, :(import Knet)), written)
    catch error
        own = first_error(read(path, String), sprint(showerror, error))
        return "$start, though it is installed: $own; the whole of it: julia -e 'import Knet'"
    finally
        print(stderr, read(path, String))
        rm(path)
    end
    return nothing
end

"""Which Julia looked for it, and where."""
function asked_julia()
    project = Base.active_project()
    missing = project === nothing || isfile(project) ? "" : ", which is not there"
    where = project === nothing ? "no project is active" : "the active project is $project$missing"
    return "$(joinpath(Sys.BINDIR, "julia")) looked in $(join(Base.load_path(), ", ")); $where"
end

"""The line that says what is wrong: of what was written, the first that begins as an error, else that of the error."""
function first_error(written::String, error::String)
    found = match(r"^ERROR: (.*)"m, written)
    line = found === nothing ? split(error, '\n')[1] : found[1]
    return rstrip(replace(line, r"^(LoadError: |InitError: )*" => ""), ':')
end

end # module

const requests, replies = Worker.own_streams()
Worker.end_with_parent()
const reason = Worker.loading()
if reason !== nothing
    Worker.write_message(replies, Worker.Object("hello" => 2, "unavailable" => reason))
    exit()
end
Worker.die_at_once()
Worker.serve(requests, replies, Knet)
