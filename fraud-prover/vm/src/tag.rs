//! What an instruction, or two in a row, does.

/// Calls a macro with all of RV64IM, then with the pairs that the loop executes as one. They are the most frequent ones of a block
/// with transfers, calls and computations: over nine of ten pairs of neighbours that the guest executes are among them.
macro_rules! with_tags {
    ($callback:ident $(, $argument:tt)?) => {
        $callback! {
            $($argument;)?
            Illegal, Fence, Ecall,
            Lui, Auipc, Jal, Jalr,
            Beq, Bne, Blt, Bge, Bltu, Bgeu,
            Lb, Lh, Lw, Ld, Lbu, Lhu, Lwu,
            Sb, Sh, Sw, Sd,
            Addi, Slti, Sltiu, Xori, Ori, Andi, Slli, Srli, Srai,
            Add, Sub, Sll, Slt, Sltu, Xor, Srl, Sra, Or, And,
            Addiw, Slliw, Srliw, Sraiw,
            Addw, Subw, Sllw, Srlw, Sraw,
            Mul, Mulh, Mulhsu, Mulhu, Div, Divu, Rem, Remu,
            Mulw, Divw, Divuw, Remw, Remuw;
            LuiAddi = Lui Addi, LuiSrli = Lui Srli,
            AuipcAddi = Auipc Addi, AuipcJalr = Auipc Jalr,
            BeqSltu = Beq Sltu,
            BneLd = Bne Ld, BneAddi = Bne Addi, BneSlli = Bne Slli, BneSrli = Bne Srli, BneAdd = Bne Add,
            BneMulhu = Bne Mulhu,
            BltuLd = Bltu Ld, BltuAddi = Bltu Addi,
            LwSlli = Lw Slli,
            LdLui = Ld Lui, LdAuipc = Ld Auipc, LdBeq = Ld Beq, LdLw = Ld Lw, LdLd = Ld Ld, LdSd = Ld Sd, LdAddi = Ld Addi,
            LdXori = Ld Xori, LdSlli = Ld Slli, LdSrli = Ld Srli, LdAdd = Ld Add, LdSub = Ld Sub, LdXor = Ld Xor,
            LdOr = Ld Or, LdAnd = Ld And, LdMul = Ld Mul, LdMulhu = Ld Mulhu,
            LbuLbu = Lbu Lbu, LbuAddi = Lbu Addi, LbuSlli = Lbu Slli,
            SbLbu = Sb Lbu, SbSb = Sb Sb,
            SdBeq = Sd Beq, SdBltu = Sd Bltu, SdBgeu = Sd Bgeu, SdLd = Sd Ld, SdSd = Sd Sd, SdAddi = Sd Addi,
            SdXori = Sd Xori, SdSlli = Sd Slli, SdSrli = Sd Srli, SdAdd = Sd Add, SdSltu = Sd Sltu, SdXor = Sd Xor,
            SdAnd = Sd And, SdMul = Sd Mul, SdMulhu = Sd Mulhu, SdJalr = Sd Jalr,
            AddiAuipc = Addi Auipc, AddiBne = Addi Bne, AddiBltu = Addi Bltu, AddiLd = Addi Ld, AddiSb = Addi Sb,
            AddiSd = Addi Sd, AddiAddi = Addi Addi, AddiXori = Addi Xori, AddiSlli = Addi Slli, AddiSrli = Addi Srli,
            AddiAdd = Addi Add, AddiXor = Addi Xor, AddiOr = Addi Or, AddiAnd = Addi And, AddiMul = Addi Mul,
            AddiMulhu = Addi Mulhu, AddiJalr = Addi Jalr,
            SltiuAuipc = Sltiu Auipc,
            XoriLd = Xori Ld, XoriXori = Xori Xori, XoriXor = Xori Xor, XoriAnd = Xori And,
            AndiAuipc = Andi Auipc, AndiBeq = Andi Beq, AndiLd = Andi Ld, AndiAdd = Andi Add,
            SlliLd = Slli Ld, SlliAddi = Slli Addi, SlliSlli = Slli Slli, SlliSrli = Slli Srli, SlliAdd = Slli Add,
            SlliSub = Slli Sub, SlliSll = Slli Sll, SlliOr = Slli Or, SlliAnd = Slli And, SlliMulhu = Slli Mulhu,
            SrliLd = Srli Ld, SrliSd = Srli Sd, SrliAddi = Srli Addi, SrliSlli = Srli Slli, SrliSrli = Srli Srli,
            SrliAdd = Srli Add, SrliOr = Srli Or, SrliAnd = Srli And, SrliMul = Srli Mul,
            SraiAdd = Srai Add,
            AddBeq = Add Beq, AddBltu = Add Bltu, AddBgeu = Add Bgeu, AddLd = Add Ld, AddSd = Add Sd, AddAddi = Add Addi,
            AddSlli = Add Slli, AddSrli = Add Srli, AddSrai = Add Srai, AddAdd = Add Add, AddSub = Add Sub,
            AddSltu = Add Sltu, AddSrl = Add Srl, AddAnd = Add And, AddMul = Add Mul, AddMulhu = Add Mulhu,
            SubLd = Sub Ld, SubSd = Sub Sd, SubAndi = Sub Andi, SubSrli = Sub Srli, SubAdd = Sub Add, SubSub = Sub Sub,
            SllSub = Sll Sub,
            SltuBeq = Sltu Beq, SltuBne = Sltu Bne, SltuLd = Sltu Ld, SltuSd = Sltu Sd, SltuSrli = Sltu Srli,
            SltuAdd = Sltu Add, SltuSub = Sltu Sub, SltuSltu = Sltu Sltu, SltuAnd = Sltu And,
            XorLd = Xor Ld, XorSd = Xor Sd, XorAddi = Xor Addi, XorSltiu = Xor Sltiu, XorXori = Xor Xori,
            XorAndi = Xor Andi, XorSrli = Xor Srli, XorXor = Xor Xor, XorAnd = Xor And,
            SrlLd = Srl Ld,
            OrLd = Or Ld, OrSd = Or Sd, OrAddi = Or Addi, OrSlli = Or Slli, OrSrli = Or Srli, OrAdd = Or Add,
            OrXor = Or Xor, OrOr = Or Or, OrAnd = Or And, OrMul = Or Mul, OrMulhu = Or Mulhu,
            AndLd = And Ld, AndSd = And Sd, AndAddi = And Addi, AndXori = And Xori, AndSlli = And Slli, AndSrli = And Srli,
            AndAdd = And Add, AndSub = And Sub, AndSltu = And Sltu, AndXor = And Xor, AndOr = And Or, AndAnd = And And,
            AndMul = And Mul, AndMulhu = And Mulhu,
            MulLd = Mul Ld, MulSd = Mul Sd, MulAddi = Mul Addi, MulSlli = Mul Slli, MulSrli = Mul Srli, MulAdd = Mul Add,
            MulOr = Mul Or, MulAnd = Mul And, MulMul = Mul Mul, MulMulhu = Mul Mulhu,
            MulhuLd = Mulhu Ld, MulhuSd = Mulhu Sd, MulhuAddi = Mulhu Addi, MulhuSrli = Mulhu Srli, MulhuAdd = Mulhu Add,
            MulhuSltu = Mulhu Sltu, MulhuAnd = Mulhu And, MulhuMul = Mulhu Mul, MulhuMulhu = Mulhu Mulhu,
        }
    };
}
pub(crate) use with_tags;

macro_rules! define {
    ($($single:ident),*; $($pair:ident = $first:ident $second:ident,)*) => {
        /// What an instruction does, or it and the next one. Anything that is not RV64IM is [`Tag::Illegal`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub(crate) enum Tag {
            $($single,)*
            $($pair,)*
        }

        impl Tag {
            /// What the first instruction does.
            pub(crate) const fn first(self) -> Self {
                match self {
                    $(Self::$pair => Self::$first,)*
                    single => single,
                }
            }

            /// The tag for this instruction where `next` follows: of both, or if there is none, this one.
            pub(crate) const fn before(self, next: Self) -> Self {
                match (self, next) {
                    $((Self::$first, Self::$second) => Self::$pair,)*
                    _ => self,
                }
            }
        }
    };
}
with_tags!(define);
