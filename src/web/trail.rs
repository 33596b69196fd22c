//! What the audit trail says, in Chinese. Its own words are the slugs that it is
//! filtered by; in English they are read as they are.

use crate::base::Lang;
use crate::registry::movement::Kind;
use crate::web::book;

/// `下单 order.place`; `order.place`
pub fn action(slug: &str, lang: Lang) -> String {
    let moved = || {
        let kind = slug.strip_prefix("labels.").and_then(Kind::from_slug)?;
        Some(book::kind(kind).of(Lang::Zh))
    };
    match lang {
        Lang::En => slug.to_owned(),
        Lang::Zh => match said(slug).or_else(moved) {
            Some(words) => format!("{words} {slug}"),
            None => slug.to_owned(),
        },
    }
}

/// `订单 01a2…`; `order 01a2…`
pub fn object(text: &str, lang: Lang) -> String {
    let known = text.split_once(' ').and_then(|(noun, rest)| Some((thing(noun)?, rest)));
    match (lang, known) {
        (Lang::Zh, Some((noun, rest))) => format!("{noun} {rest}"),
        _ => text.to_owned(),
    }
}

fn thing(noun: &str) -> Option<&'static str> {
    Some(match noun {
        "account" => "账号",
        "batch" => "批次",
        "block" => "停用",
        "case" => "案件",
        "code" => "标签",
        "endpoint" | "webhook" => "接收地址",
        "enterprise" => "企业",
        "event" => "事项",
        "export" => "导出",
        "inquiry" => "询问",
        "key" => "密钥",
        "lead" => "线索",
        "licence" => "许可证",
        "order" => "订单",
        "parties" => "案件当事人",
        "package" => "印制包",
        "place" => "场所",
        "policy" => "研判规则",
        "printer" => "印刷厂",
        "product" => "产品",
        "range" => "区段",
        "recall" => "召回",
        "report" => "举报",
        "visit" => "现场检查",
        _ => return None,
    })
}

fn said(slug: &str) -> Option<&'static str> {
    said_of_goods(slug).or_else(|| said_of_offices(slug)).or(match slug {
        "account.add" => Some("建账号"),
        "account.disable" => Some("停用账号"),
        "account.duties" => Some("改职责"),
        "account.erase" => Some("删除账号资料"),
        "account.invite" => Some("邀请"),
        "account.open" => Some("恢复账号"),
        "key.add" => Some("生成密钥"),
        "key.end" => Some("停用密钥"),
        "key.replace" => Some("更换密钥"),
        "link.make" => Some("生成链接"),
        "link.use" => Some("使用链接"),
        "password.change" => Some("改密码"),
        "recovery_code.renew" => Some("换恢复码"),
        "recovery_code.use" => Some("用恢复码"),
        "second_factor.add" => Some("启用两步验证"),
        "second_factor.remove" => Some("取消两步验证"),
        "session.end" => Some("结束登录"),
        "export.take" => Some("导出数据"),
        "settings.set" | "customs.set" => Some("改设置"),
        "licence.set" => Some("登记许可证"),
        "register.add" => Some("登记"),
        "product.change" => Some("更正产品"),
        "policy.add" => Some("存入规则"),
        "policy.sign" => Some("启用规则"),
        "scans.thin" => Some("精简扫码记录"),
        "webhook.add" => Some("添加接收地址"),
        "webhook.disable" => Some("停用接收地址"),
        "webhook.enable" => Some("启用接收地址"),
        "webhook.replay" => Some("重发消息"),
        "webhook.rotate" => Some("更换签名密钥"),
        "webhook.test" => Some("发测试消息"),
        _ => None,
    })
}

fn said_of_goods(slug: &str) -> Option<&'static str> {
    Some(match slug {
        "order.place" => "下单",
        "order.approve" => "批准订单",
        "order.reject" => "不批准订单",
        "order.cancel" => "取消订单",
        "order.again" => "重做订单",
        "order.take" => "下载订单文件",
        "package.hand_over" => "交印刷厂",
        "package.renew" => "重开取件",
        "package.end" => "结束取件",
        "package.visit" => "来取件",
        "package.download" => "下载印制包",
        "package.report" => "印制上报",
        "package.release" => "放行备用标签",
        "package.activate" => "启用备用标签",
        "package.sign_off" => "验收成卷",
        "printer.add" => "登记印刷厂",
        "printer.retire" => "停用印刷厂",
        "labels.close" => "登记盘点",
        "labels.schedule" => "定时启用",
        "labels.unschedule" => "取消定时启用",
        "range.mark" => "登记区段",
        "range.lift" => "撤销区段",
        "recall.propose" => "提出召回",
        "recall.approve" => "批准召回",
        "recall.reject" => "不批准召回",
        "recall.return" => "登记收回",
        "recall.close" => "召回结案",
        "place.put" => "登记场所",
        "trace.pack" => "装箱",
        "trace.record" => "登记事项",
        "lot.reply" => "答复流向",
        "cause.record" => "登记缘由",
        "cause.lift" => "撤销缘由",
        "code.decide" => "认定标签",
        _ => return None,
    })
}

fn said_of_offices(slug: &str) -> Option<&'static str> {
    Some(match slug {
        "block.set" => "停用标签",
        "block.ask_lift" => "申请解除停用",
        "block.leave" => "撤回解除申请",
        "block.lift" => "解除停用",
        "calendar.set" => "设定工作日",
        "case.open" => "建案",
        "case.append" => "案件添加",
        "case.ask" => "询问企业",
        "case.answer" => "企业答复",
        "case.drop_inquiry" => "撤销询问",
        "case.hand_over" => "移送案件",
        "case.join" | "case.merge" => "并案",
        "case.split" => "分案",
        "case.look" => "查看案件当事人",
        "code.look" => "查看查询人",
        "evidence.want" => "生成证据包",
        "evidence.built" => "证据包制成",
        "evidence.take" => "导出证据包",
        "lead.act" => "办理线索",
        "lead.look" => "查看线索来源",
        "lead.tell" => "提供线索",
        "media.add" => "存入照片",
        "note.make" => "出具查询记录",
        "office.put" => "登记单位",
        "report.receive" => "收到举报",
        "report.look" => "核查举报",
        "report.link" => "举报并入案件",
        "report.unlink" => "案件作废，举报退回",
        "report.contact" => "查看举报人联系方式",
        "report.close" => "举报办结",
        "report.tell" => "告知举报人",
        "reports.erase" => "清除举报资料",
        "visit.case" => "检查列入案件",
        "visit.look" => "查看检查当事人",
        "visit.records" => "收到现场记录",
        "visit.forget" => "清除检查记录",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stand_before_the_slug_in_chinese_alone() {
        assert_eq!(action("order.place", Lang::Zh), "下单 order.place");
        assert_eq!(action("labels.activate", Lang::Zh), "启用 labels.activate");
        assert_eq!(action("order.place", Lang::En), "order.place");
        assert_eq!(action("later.made", Lang::Zh), "later.made");
        assert_eq!(object("batch 1-4", Lang::Zh), "批次 1-4");
        assert_eq!(object("batch 1-4", Lang::En), "batch 1-4");
    }
}
