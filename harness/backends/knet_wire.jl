# What travels between the harness and its worker in Julia: JSON lines and .npy arrays, as harness/worker/wire.py has them.
# Julia has neither in Base.
#
# The axes of an array keep their order, so numpy's x[i, j, c, n] is x[i+1, j+1, c+1, n+1] here; what comes in C order is
# permuted once, what goes out is marked as being in Fortran order.

# --- JSON ------------------------------------------------------------------------------------------------------------

struct Malformed <: Exception
    message::String
end
Base.showerror(io::IO, error::Malformed) = print(io, error.message)

mutable struct Text
    characters::Vector{Char}
    at::Int
end

"""The value of a JSON text: Dict, Vector, String, Int, Float64, Bool or nothing."""
function parse_json(line::AbstractString)
    text = Text(collect(line), 1)
    value = parse_value(text)
    skip_blanks(text)
    text.at > length(text.characters) || throw(Malformed("something follows the JSON value"))
    return value
end

current(text::Text) =
    text.at <= length(text.characters) ? text.characters[text.at] : throw(Malformed("the JSON text ends too early"))

function skip_blanks(text::Text)
    while text.at <= length(text.characters) && isspace(text.characters[text.at])
        text.at += 1
    end
end

function expect(text::Text, word::String)
    for character in word
        current(text) == character || throw(Malformed("expected $word at character $(text.at)"))
        text.at += 1
    end
end

function parse_value(text::Text)
    skip_blanks(text)
    first = current(text)
    first == '{' && return parse_object(text)
    first == '[' && return parse_list(text)
    first == '"' && return parse_string(text)
    for (word, value) in ("true" => true, "false" => false, "null" => nothing)
        first == word[1] && (expect(text, word); return value)
    end
    return parse_number(text)
end

function parse_object(text::Text)
    object = Dict{String,Any}()
    for_each_item(text, '{', '}') do
        skip_blanks(text)
        key = parse_string(text)
        skip_blanks(text)
        expect(text, ":")
        object[key] = parse_value(text)
    end
    return object
end

function parse_list(text::Text)
    list = Any[]
    for_each_item(() -> push!(list, parse_value(text)), text, '[', ']')
    return list
end

function for_each_item(take::Function, text::Text, opening::Char, closing::Char)
    expect(text, string(opening))
    skip_blanks(text)
    if current(text) == closing
        text.at += 1
        return
    end
    while true
        take()
        skip_blanks(text)
        if current(text) == closing
            text.at += 1
            return
        end
        expect(text, ",")
    end
end

const ESCAPED = Dict('n' => '\n', 't' => '\t', 'r' => '\r', 'b' => '\b', 'f' => '\f')

function parse_string(text::Text)
    expect(text, "\"")
    out = IOBuffer()
    while (character = current(text)) != '"'
        text.at += 1
        if character == '\\'
            letter = current(text)
            text.at += 1
            character = letter == 'u' ? parse_escape(text) : get(ESCAPED, letter, letter)
        end
        print(out, character)
    end
    text.at += 1
    return String(take!(out))
end

function parse_escape(text::Text)
    code = parse_code(text)
    if 0xd800 <= code < 0xdc00
        expect(text, "\\u")
        code = 0x10000 + ((code - 0xd800) << 10) + (parse_code(text) - 0xdc00)
    end
    return Char(code)
end

function parse_code(text::Text)
    text.at + 3 <= length(text.characters) || throw(Malformed("the JSON text ends too early"))
    digits = String(text.characters[text.at:text.at+3])
    text.at += 4
    return parse(UInt32, digits, base = 16)
end

function parse_number(text::Text)
    start = text.at
    while text.at <= length(text.characters) && text.characters[text.at] in "+-.0123456789eE"
        text.at += 1
    end
    written = String(text.characters[start:text.at-1])
    whole = tryparse(Int, written)
    whole === nothing || return whole
    number = tryparse(Float64, written)
    number === nothing && throw(Malformed("expected a JSON value at character $start"))
    return number
end

"""Writes a value as JSON: one method for all types, since each that Julia compiles takes longer than it runs."""
function write_json(out::IO, @nospecialize(value))
    if value isa AbstractString
        print(out, '"', join(map(escaped, collect(value))), '"')
    elseif value isa AbstractDict
        write_items(out, '{', '}', collect(Any, keys(value))) do key
            write_json(out, key)
            print(out, ':')
            write_json(out, value[key])
        end
    elseif value isa Union{AbstractVector,Tuple}
        write_items(item -> write_json(out, item), out, '[', ']', collect(Any, value))
    else
        print(out, value === nothing ? "null" : string(value))
    end
end

function write_items(@nospecialize(write_one), out::IO, opening::Char, closing::Char, items::Vector{Any})
    print(out, opening)
    for (index, item) in enumerate(items)
        index > 1 && print(out, ',')
        write_one(item)
    end
    print(out, closing)
end

function escaped(character::Char)
    character in ('"', '\\') && return "\\" * character
    isvalid(character) || return "\\ufffd"
    character < ' ' && return "\\u" * string(UInt16(character), base = 16, pad = 4)
    return string(character)
end

# --- .npy ------------------------------------------------------------------------------------------------------------

const MAGIC = UInt8[0x93, b"NUMPY"...]
const TYPES = Dict{String,DataType}(
    "<f2" => Float16, "<f4" => Float32, "<f8" => Float64, "<c8" => ComplexF32, "<c16" => ComplexF64,
    "|i1" => Int8, "<i2" => Int16, "<i4" => Int32, "<i8" => Int64,
    "|u1" => UInt8, "<u2" => UInt16, "<u4" => UInt32, "<u8" => UInt64, "|b1" => Bool,
)

const NAMES = Dict(type => name for (name, type) in TYPES)

"""An array of numbers that Julia has not, say `<f16`; its bytes were read over."""
struct Unread
    dtype::String
end

"""The array of a .npy blob, or Unread. Throws Malformed for anything else."""
function read_npy(stream::IO)
    read(stream, 6) == MAGIC || throw(Malformed("expected a .npy blob"))
    version = read(stream, 2)[1]
    count = version == 1 ? Int(ltoh(read(stream, UInt16))) : Int(ltoh(read(stream, UInt32)))
    header = String(read(stream, count))
    found = match(r"'descr': '([^']*)', 'fortran_order': (True|False), 'shape': \(([^)]*)\)", header)
    found === nothing && throw(Malformed("not a .npy header: $header"))
    shape = Tuple(parse(Int, size) for size in split(found[3], ",") if !isempty(strip(size)))
    if !haskey(TYPES, found[1])
        read(stream, prod(shape) * parse(Int, match(r"\d+$", found[1]).match))
        return Unread(found[1])
    end
    data = Vector{TYPES[found[1]]}(undef, prod(shape))
    read!(stream, data)
    found[2] == "True" && return reshape(data, shape)
    return permutedims(reshape(data, reverse(shape)), length(shape):-1:1)
end

function write_npy(stream::IO, @nospecialize(array::Array))
    type = NAMES[eltype(array)]
    shape = join(string.(size(array)) .* ",", " ")
    header = "{'descr': '$type', 'fortran_order': True, 'shape': ($shape), }"
    header *= " "^mod(-(length(header) + 11), 64) * "\n"
    write(stream, MAGIC, UInt8[1, 0], htol(UInt16(length(header))), header, array)
end

# --- messages -------------------------------------------------------------------------------------------------------

const Object = Dict{String,Any}

function write_message(stream::IO, message::Object, @nospecialize(arrays = ()))
    message["arrays"] = length(arrays)
    line = IOBuffer()
    write_json(line, message)
    println(stream, String(take!(line)))
    for array in arrays
        write_npy(stream, array)
    end
    flush(stream)
end

"""The next message and its arrays; nothing at the end of the stream."""
function read_message(stream::IO)
    eof(stream) && return nothing
    message = parse_json(readline(stream))
    return message, Any[read_npy(stream) for _ in 1:message["arrays"]]
end
